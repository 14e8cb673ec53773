import { createHash } from 'node:crypto';
import type { Random } from '../../server/platform/random.js';

/** The same bytes and numbers for the same seed, on every machine and in every run. */
export function seededRandom(seed: string): Random {
  let blocks = 0;
  let rest = Buffer.alloc(0);
  const bytes = (n: number): Buffer => {
    while (rest.length < n) {
      rest = Buffer.concat([rest, createHash('sha256').update(`${seed}/${blocks++}`).digest()]);
    }
    const drawn = Buffer.from(rest.subarray(0, n));
    rest = rest.subarray(n);
    return drawn;
  };
  const int = (maxExclusive: number): number => {
    // Numbers in the incomplete last stretch are drawn again, so that none is likelier.
    const limit = 2 ** 48 - (2 ** 48 % maxExclusive);
    for (;;) {
      const drawn = bytes(6).readUIntBE(0, 6);
      if (drawn < limit) return drawn % maxExclusive;
    }
  };
  return { bytes, int };
}
