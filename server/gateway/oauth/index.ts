import { z } from 'zod';
import type { ApiKeys } from '../../admin/keys/apiKeys.js';
import type { Workspaces } from '../../admin/workspaces/workspaces.js';
import { parseId } from '../../domain/ids.js';
import { peerKey } from '../../domain/ipAddresses.js';
import type { Principal } from '../../domain/principal.js';
import { Failure, invalid } from '../../errors.js';
import type { Limiter } from '../../limits/limiter.js';
import type { AccessTokens } from '../../secrets/tokens/accessTokens.js';
import { type Dialect, route } from '../dialect.js';
import { reason } from '../shapes.js';
import { type ClientCredentials, readClient } from './client.js';

interface Parts {
  readonly keys: ApiKeys;
  readonly accessTokens: AccessTokens;
  readonly limiter: Limiter;
  readonly workspaces: Workspaces;
}

/** Where failures are counted: before a client is known there is no workspace. */
const PARTITION = 'oauth';

/** The error words of RFC 6749 section 5.2 by reason; any other reason stands for itself. */
const WORDS: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: 'invalid_client',
  PERMISSION_DENIED: 'invalid_scope',
  INVALID_REQUEST: 'invalid_request',
  RATE_LIMITED: 'temporarily_unavailable',
  STORE_UNAVAILABLE: 'temporarily_unavailable',
  INTERNAL: 'server_error',
};

const GRANT = 'client_credentials';

/**
 * The OAuth 2.0 token endpoint (RFC 6749 section 4.4, client credentials): the
 * client is an API key, its id the client id, the key itself the secret.
 */
export function createOAuth({ keys, accessTokens, limiter, workspaces }: Parts): Dialect {
  const token = route({
    method: 'POST',
    path: '/v1/oauth/token',
    summary: 'Get an access token (client credentials)',
    open: true,
    form: true,
    body: z.object({
      grant_type: z.string().max(64).meta({ const: GRANT }),
      client_id: z.string().max(128).optional().describe('The key’s id; or by HTTP Basic'),
      client_secret: z.string().max(512).optional().describe('The key; or by HTTP Basic'),
      scope: z.string().max(256).optional().describe('Space-separated; default: all that the key holds'),
    }),
    response: z.object({
      access_token: z.string(),
      token_type: z.literal('Bearer'),
      expires_in: z.int(),
      scope: z.string(),
    }),
    async handle({ body, req, peer }) {
      if (body.grant_type !== GRANT) throw invalid('grant_type', `must be ${GRANT}`);
      const client = readClient(req, body);
      const principal = await authenticate(client, peer);
      const scopes = grantedScopes(principal, body.scope);
      const { workspace, mode, client: keyId } = principal;
      const issued = accessTokens.issue({ workspace, mode, keyId, scopes });
      return {
        body: {
          access_token: issued.token,
          token_type: 'Bearer',
          expires_in: issued.expiresInSeconds,
          scope: scopes.join(' '),
        },
        headers: { pragma: 'no-cache' },
      };
    },
  });

  /**
   * The secret is checked first and only failures are counted, those of a client
   * by peer: wrong secrets of others do not keep out a client that knows its own.
   */
  async function authenticate({ id, secret }: ClientCredentials, peer: string): Promise<Principal> {
    const principal = await keys.authenticate(secret);
    const open = principal?.client === id && !(await workspaces.get(principal.workspace)).deletedAt;
    if (open) return principal;
    const from = peerKey(peer);
    const counts = [
      // What else is given as an id belongs to no key, and must not become a name in the store.
      ...(parseId(id) === id ? [{ rule: 'token-endpoint', key: `client ${id} peer ${from}` } as const] : []),
      { rule: 'token-endpoint', key: `peer ${from}` } as const,
    ];
    await limiter.take(PARTITION, counts, {});
    throw new Failure('UNAUTHENTICATED');
  }

  return {
    name: 'oauth',
    title: 'OAuth 2.0',
    prefixes: ['/v1/oauth/'],
    routes: [token],
    credential: 'bearer',
    fields: {},
    refusal: z.object({
      error: z.string().describe('The word of RFC 6749, or the reason where it has none'),
      error_description: z.string(),
      error_code: reason,
    }),
    refuse(failure, body) {
      const { reason: word, row, message } = failure;
      return {
        // The RFC knows 400 and 401 only; it has a word, and no status, for scopes that are not granted.
        status: word === 'PERMISSION_DENIED' ? 400 : row.status,
        body: {
          error: isOtherGrant(failure, body) ? 'unsupported_grant_type' : (WORDS[word] ?? word),
          error_description: message,
          error_code: word,
        },
        ...(word === 'UNAUTHENTICATED' && { headers: { 'www-authenticate': 'Basic realm="countersign"' } }),
      };
    },
  };
}

/** A grant that is named and is not ours; one that is missing or malformed is no grant at all. */
function isOtherGrant({ details: { violations } }: Failure, body: unknown): boolean {
  const given = (body as { grant_type?: unknown } | undefined)?.grant_type;
  return violations?.[0]?.field === 'grant_type' && typeof given === 'string' && given !== '';
}

/** The scopes asked for, where the key holds every one; without a wish, all it holds. */
function grantedScopes({ scopes }: Principal, asked: string | undefined): string[] {
  const wanted = asked?.split(' ').filter(Boolean) ?? [];
  const missing = wanted.find((scope) => !scopes.has(scope));
  if (missing !== undefined)
    throw new Failure('PERMISSION_DENIED', {
      message: 'The client does not hold a scope that was asked for.',
    });
  return wanted.length > 0 ? wanted : [...scopes];
}
