import { parseId } from '../../domain/ids.js';
import type { Mode } from '../../domain/mode.js';
import type { Jwt, JwtKind } from './jwt.js';

/** What a session token says: it opens this one session. */
export interface SessionGrant {
  readonly workspace: string;
  readonly mode: Mode;
  readonly sessionId: string;
}

/** Session tokens: handed out by Send to a browser or a dialect's client, good for one session. */
export interface SessionTokens {
  /** The same token for the same arguments while the signing key is the same, so that a response can be rebuilt. */
  issue(grant: SessionGrant, expiresAt: Date): string;
  /** What the token grants; undefined for anything that is not one of our session tokens, or has expired. */
  verify(token: string): SessionGrant | undefined;
}

const KIND: JwtKind = { typ: 'session+jwt', audience: 'countersign/session' };

export function createSessionTokens(jwt: Jwt): SessionTokens {
  return {
    issue: ({ workspace, mode, sessionId }, expiresAt) =>
      jwt.sign(KIND, { sub: sessionId, workspace, mode }, expiresAt),
    verify(token) {
      const claims = jwt.verify(KIND, token);
      if (!claims || parseId(claims.sub) !== claims.sub) return undefined;
      return { workspace: claims.workspace, mode: claims.mode, sessionId: claims.sub };
    },
  };
}
