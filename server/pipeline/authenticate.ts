import type { Call } from '../call.js';
import type { Principal } from '../domain/principal.js';
import { Failure } from '../errors.js';
import type { ApiKeys } from '../keys/apiKeys.js';
import type { SessionTokens } from '../secrets/sessionTokens.js';
import type { Workspaces } from '../workspaces/workspaces.js';

const NO_SCOPES: ReadonlySet<string> = new Set();

/** Finds out who is calling, by API key or session token. Throws UNAUTHENTICATED, the same whatever is wrong. */
export function createAuthenticate(keys: ApiKeys, sessionTokens: SessionTokens, workspaces: Workspaces) {
  return async (call: Call): Promise<void> => {
    const { credential } = call;
    if (!credential) throw new Failure('UNAUTHENTICATED');
    // A JWT begins with the base64url of `{"`; no API key of ours does.
    const principal = credential.startsWith('eyJ')
      ? ofSession(credential)
      : await keys.authenticate(credential);
    if (!principal) throw new Failure('UNAUTHENTICATED');
    if ((await workspaces.get(principal.workspace)).deletedAt) throw new Failure('UNAUTHENTICATED');
    call.principal = principal;
  };

  function ofSession(token: string): Principal | undefined {
    const grant = sessionTokens.verify(token);
    return grant && { ...grant, client: grant.sessionId, scopes: NO_SCOPES };
  }
}
