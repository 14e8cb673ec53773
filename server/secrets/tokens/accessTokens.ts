import type { Mode } from '../../domain/mode.js';
import type { Clock } from '../../platform/clock.js';
import { HOUR_SECONDS } from '../../platform/durations.js';
import type { Random } from '../../platform/random.js';
import type { Jwt, JwtKind } from './jwt.js';

/** What an access token says: its holder was given these scopes of a key. Whether the key still stands is for the keys room. */
export interface AccessGrant {
  readonly workspace: string;
  readonly mode: Mode;
  readonly keyId: string;
  readonly scopes: readonly string[];
}

/** An access token as the token endpoint returns it. */
export interface IssuedAccessToken {
  readonly token: string;
  readonly expiresInSeconds: number;
}

/** OAuth 2.0 access tokens of the client credentials grant, in the profile of RFC 9068. */
export interface AccessTokens {
  issue(grant: AccessGrant): IssuedAccessToken;
  /** What the token grants; undefined for anything that is not one of our access tokens, or has expired. */
  verify(token: string): (AccessGrant & { readonly expiresAt: Date }) | undefined;
}

const KIND: JwtKind = { typ: 'at+jwt', audience: 'countersign/api' };
const LIFETIME_SECONDS = HOUR_SECONDS;

export function createAccessTokens(jwt: Jwt, clock: Clock, random: Random): AccessTokens {
  return {
    issue({ workspace, mode, keyId, scopes }) {
      const issuedAt = Math.floor(clock.now() / 1000);
      const claims = {
        sub: keyId,
        client_id: keyId,
        workspace,
        mode,
        scope: scopes.join(' '),
        jti: random.bytes(16).toString('base64url'),
        iat: issuedAt,
      };
      const expiresAt = new Date((issuedAt + LIFETIME_SECONDS) * 1000);
      return { token: jwt.sign(KIND, claims, expiresAt), expiresInSeconds: LIFETIME_SECONDS };
    },
    verify(token) {
      const claims = jwt.verify(KIND, token);
      if (!claims || typeof claims.scope !== 'string') return undefined;
      const scopes = claims.scope.split(' ').filter(Boolean);
      const { workspace, mode, sub: keyId } = claims;
      return { workspace, mode, keyId, scopes, expiresAt: new Date(Number(claims.exp) * 1000) };
    },
  };
}
