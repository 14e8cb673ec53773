import type { ApiKeys } from '../admin/keys/apiKeys.js';
import type { Workspaces } from '../admin/workspaces/workspaces.js';
import type { Call } from '../call/call.js';
import type { Principal } from '../domain/principal.js';
import { Failure } from '../errors.js';
import type { AccessTokens } from '../secrets/tokens/accessTokens.js';
import type { SessionTokens } from '../secrets/tokens/sessionTokens.js';

const NO_SCOPES: ReadonlySet<string> = new Set();

/** Finds out who is calling, by API key, access token or session token. Throws UNAUTHENTICATED, the same whatever is wrong. */
export function createAuthenticate(
  keys: ApiKeys,
  sessionTokens: SessionTokens,
  accessTokens: AccessTokens,
  workspaces: Workspaces,
) {
  return async (call: Call): Promise<void> => {
    const { credential } = call;
    if (!credential) throw new Failure('UNAUTHENTICATED');
    // A JWT begins with the base64url of `{"`; no API key of ours does.
    const principal = credential.startsWith('eyJ')
      ? (ofSession(credential) ?? (await ofClient(credential)))
      : await keys.authenticate(credential);
    if (!principal) throw new Failure('UNAUTHENTICATED');
    if ((await workspaces.get(principal.workspace)).deletedAt) throw new Failure('UNAUTHENTICATED');
    call.principal = principal;
  };

  function ofSession(token: string): Principal | undefined {
    const grant = sessionTokens.verify(token);
    return grant && { ...grant, client: grant.sessionId, scopes: NO_SCOPES };
  }

  /** An access token opens what its key still opens, and no more than the token was given. */
  async function ofClient(token: string): Promise<Principal | undefined> {
    const grant = accessTokens.verify(token);
    const principal = grant && (await keys.authenticateClient(grant.keyId));
    return (
      principal && {
        ...principal,
        scopes: new Set(grant.scopes.filter((scope) => principal.scopes.has(scope))),
      }
    );
  }
}
