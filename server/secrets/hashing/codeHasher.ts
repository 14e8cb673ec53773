import { Failure } from '../../errors.js';
import type { Random } from '../../platform/random.js';
import type { KeySet } from '../keyring/keySet.js';
import { hashArgon2, isArgon2, verifyArgon2 } from './argon2Hash.js';
import { hashHmac, isHmac, verifyHmac } from './hmacHash.js';

/** How new hashes are made; OTP_HASH. */
export type HashMode = 'argon2id' | 'hmac';

/**
 * Hashes codes and compares them. `context` says whose code it is (session and
 * channel): a hash copied to another document does not verify there. Equal codes
 * give different hashes. What is made is `<pepper id>:$<algorithm>$…`.
 */
export interface CodeHasher {
  hash(code: string, context: string): Promise<string>;
  /**
   * Whether the hash was made of this code in this context, by the algorithm
   * it names. Throws Failure INTERNAL for a hash that is damaged or
   * whose pepper is gone, so that a right code is never reported as wrong.
   */
  verify(code: string, hash: string, context: string): Promise<boolean>;
}

/** A hasher that makes hashes of one mode with the current pepper and verifies both, with any pepper. */
export function createCodeHasher(mode: HashMode, peppers: KeySet, random: Random): CodeHasher {
  const make = mode === 'argon2id' ? hashArgon2 : hashHmac;
  return {
    async hash(code, context) {
      const pepper = peppers.current();
      return `${pepper.id}:${await make(code, context, pepper.secret, random)}`;
    },
    async verify(code, hash, context) {
      const colon = hash.indexOf(':');
      const pepper = peppers.find(hash.slice(0, colon));
      const body = hash.slice(colon + 1);
      const check = isArgon2(body) ? verifyArgon2 : isHmac(body) ? verifyHmac : undefined;
      if (!pepper || !check) {
        const what = check ? 'was made with a pepper that is not in the key ring' : 'is of no known kind';
        throw new Failure('INTERNAL', { cause: new Error(`a stored code hash ${what}`) });
      }
      return check(code, body, context, pepper.secret);
    },
  };
}
