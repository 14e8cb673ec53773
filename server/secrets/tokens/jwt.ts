import jwt from 'jsonwebtoken';
import type { Mode } from '../../domain/mode.js';
import type { Clock } from '../../platform/clock.js';
import type { KeySet } from '../keyring/keySet.js';

/**
 * Signed JSON Web Tokens (RFC 7519; HS256 with the `signing` keys), the base
 * of session and access tokens. jsonwebtoken does the work and not
 * jose, because jose signs through WebCrypto, that is on the thread pool where
 * the code hashes run: many times the processor time, and it waits for them.
 */
export interface Jwt {
  /** A token of the kind with these claims, good until `expiresAt` (whole seconds, rounded down). */
  sign(kind: JwtKind, claims: Claims, expiresAt: Date): string;
  /** The claims of a token of exactly that kind, signed by one of our keys and not expired; else undefined. */
  verify(kind: JwtKind, token: string): Claims | undefined;
}

/** What distinguishes one kind of token from another: the `typ` of its header (RFC 8725 section 3.11) and its audience. */
export interface JwtKind {
  readonly typ: string;
  readonly audience: string;
}

/** The claims of every token, and those its kind adds. */
export interface Claims extends Readonly<Record<string, unknown>> {
  /** What the token is about: a session, or a key. */
  readonly sub: string;
  readonly workspace: string;
  readonly mode: Mode;
  /** Seconds since the epoch. Left out, the same claims give the same token each time. */
  readonly iat?: number;
}

const ALGORITHM = 'HS256';
export const ISSUER = 'countersign';
// Longer than any token we sign, and short enough to be refused without being read.
const MAX_LENGTH = 4096;

/** Signs with the current key and verifies with any. */
export function createJwt(keys: KeySet, clock: Clock): Jwt {
  return {
    sign(kind, claims, expiresAt) {
      const { id, secret } = keys.current();
      const exp = Math.floor(expiresAt.getTime() / 1000);
      const payload = { iss: ISSUER, aud: kind.audience, ...claims, exp };
      return jwt.sign(payload, secret, {
        algorithm: ALGORITHM,
        header: { alg: ALGORITHM, typ: kind.typ, kid: id },
        // Otherwise the library adds the machine's time; with it, it removes ours.
        noTimestamp: claims.iat === undefined,
      });
    },
    verify(kind, token) {
      if (token.length > MAX_LENGTH) return undefined;
      let claims: Claims | undefined;
      // With a key that is looked up the library wants callbacks, and calls them before it returns. When it
      // gets no key it goes no further: cheaper than an error, and a token of the other kind is nothing rare.
      jwt.verify(
        token,
        (header, respond) => {
          const key = header.typ === kind.typ && header.kid ? keys.find(header.kid) : undefined;
          if (key) respond(null, key.secret);
        },
        {
          algorithms: [ALGORITHM],
          issuer: ISSUER,
          audience: kind.audience,
          clockTimestamp: Math.floor(clock.now() / 1000),
        },
        (_refused, payload) => {
          if (isComplete(payload)) claims = payload;
        },
      );
      return claims;
    },
  };
}

/** Every token we sign is complete; this keeps one signed by a later version from being half understood. */
function isComplete(payload: unknown): payload is Claims {
  if (typeof payload !== 'object' || payload === null) return false;
  const { sub, workspace, mode, exp } = payload as Record<string, unknown>;
  return (
    typeof sub === 'string' &&
    typeof workspace === 'string' &&
    (mode === 'live' || mode === 'test') &&
    typeof exp === 'number'
  );
}
