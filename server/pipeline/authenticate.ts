import type { ApiKeys } from '../admin/keys/apiKeys.js';
import { DEFAULT_WORKSPACE } from '../admin/workspaces/stored.js';
import type { Workspaces } from '../admin/workspaces/workspaces.js';
import type { ArrivingCall } from '../call/call.js';
import { type Principal, withIncluded } from '../domain/principal.js';
import { Failure } from '../errors.js';
import { isSameSecret } from '../secrets/isSameSecret.js';
import type { AccessTokens } from '../secrets/tokens/accessTokens.js';
import type { SessionTokens } from '../secrets/tokens/sessionTokens.js';

const NO_SCOPES: ReadonlySet<string> = new Set();

interface Deps {
  readonly keys: ApiKeys;
  readonly sessionTokens: SessionTokens;
  readonly accessTokens: AccessTokens;
  readonly workspaces: Workspaces;
  /** Of the development inbox; undefined in production. */
  readonly inboxToken: string | undefined;
}

/** What the holder of the inbox token is to the rest of the service. */
const INBOX_READER: Principal = {
  workspace: DEFAULT_WORKSPACE,
  mode: 'live',
  client: 'inbox',
  scopes: NO_SCOPES,
  opensInbox: true,
};

/**
 * Finds out who is calling, by API key, access token, session token or, in
 * development, inbox token. Throws UNAUTHENTICATED, the same for every cause.
 */
export function createAuthenticate({ keys, sessionTokens, accessTokens, workspaces, inboxToken }: Deps) {
  return async ({ credential }: Pick<ArrivingCall, 'credential'>): Promise<Principal> => {
    if (!credential) throw new Failure('UNAUTHENTICATED');
    if (inboxToken !== undefined && isSameSecret(credential, inboxToken)) return INBOX_READER;
    // A JWT begins with the base64url of `{"`; no API key does.
    const principal = credential.startsWith('eyJ')
      ? (holderOfSession(credential) ?? (await holderOfAccessToken(credential)))
      : await keys.authenticate(credential);
    if (!principal) throw new Failure('UNAUTHENTICATED');
    if ((await workspaces.get(principal.workspace)).deletedAt) throw new Failure('UNAUTHENTICATED');
    return principal;
  };

  function holderOfSession(token: string): Principal | undefined {
    const grant = sessionTokens.verify(token);
    return grant && { ...grant, client: grant.sessionId, scopes: NO_SCOPES };
  }

  /** An access token allows what its key still allows, and no more than the token was granted. */
  async function holderOfAccessToken(token: string): Promise<Principal | undefined> {
    const grant = accessTokens.verify(token);
    const principal = grant && (await keys.authenticateClient(grant.keyId));
    return (
      principal && {
        ...principal,
        scopes: withIncluded(grant.scopes.filter((scope) => principal.scopes.has(scope))),
        expiresAt: earliest(grant.expiresAt, principal.expiresAt),
      }
    );
  }
}

const earliest = (one: Date, other: Date | undefined): Date => (other && other < one ? other : one);
