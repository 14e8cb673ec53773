import { createHmac, timingSafeEqual } from 'node:crypto';
import { crockfordToId, idToCrockford } from '../../domain/ids.js';
import type { Key, KeySet } from '../keyring/keySet.js';
import { lengthPrefixed } from '../lengthPrefixed.js';

/**
 * Verification tokens: `otvt_`, the session's id in 26 Crockford characters, and
 * 32 base62 characters of HMAC-SHA-256 over workspace and session with a `token`
 * key. Nothing about one is stored, and a lost response can be rebuilt.
 */
export interface VerificationTokens {
  /** The session's token. The same each time while the token key is the same. */
  make(workspace: string, sessionId: string): string;
  /** The session that the token proves; undefined unless we made it, for this workspace, with any of the token keys. */
  check(workspace: string, token: string): string | undefined;
}

const SHAPE = /^otvt_([0-7][0-9A-HJKMNP-TV-Z]{25})([0-9A-Za-z]{32})$/;

export function createVerificationTokens(keys: KeySet): VerificationTokens {
  return {
    make: (workspace, sessionId) =>
      `otvt_${idToCrockford(sessionId)}${proof(keys.current(), workspace, sessionId)}`,
    check(workspace, token) {
      const [, crockford, given] = SHAPE.exec(token) ?? [];
      const sessionId = crockford && crockfordToId(crockford);
      if (!sessionId || !given) return undefined;
      const candidate = Buffer.from(given);
      let matches = false;
      // Every key is compared, so that the time taken reveals nothing about any of them.
      for (const key of keys.all()) {
        const same = timingSafeEqual(candidate, Buffer.from(proof(key, workspace, sessionId)));
        matches = same || matches;
      }
      return matches ? sessionId : undefined;
    },
  };
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHUNK = 62n ** 8n;

/**
 * The HMAC as a number modulo 62^32, in 32 base62 digits: 190.5 bits. Taken from
 * 256 bits, no value is likelier than another by more than one part in 2^65.
 * Split into chunks that fit a double, because bigint arithmetic is slow.
 */
function proof(key: Key, workspace: string, sessionId: string): string {
  const mac = createHmac('sha256', key.secret)
    .update(lengthPrefixed('otvt', workspace, sessionId))
    .digest('hex');
  let rest = BigInt(`0x${mac}`);
  let text = '';
  for (let chunk = 0; chunk < 4; chunk++) {
    let digits = Number(rest % CHUNK);
    rest /= CHUNK;
    for (let digit = 0; digit < 8; digit++) {
      text += DIGITS[digits % 62];
      digits = Math.floor(digits / 62);
    }
  }
  return text;
}
