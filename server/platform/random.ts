import { randomFillSync, randomInt } from 'node:crypto';

/** Randomness, injected everywhere so that tests can repeat it. */
export interface Random {
  /** `n` unpredictable bytes that the caller may keep. */
  bytes(n: number): Buffer;
  /** A whole number from 0 to `maxExclusive - 1`, each equally likely. `maxExclusive` is at most 2^48 - 1. */
  int(maxExclusive: number): number;
}

const POOL_BYTES = 4096;

/** The operating system's generator. */
export const systemRandom: Random = pooled();

/**
 * A call into the generator costs several microseconds independently of what it returns, and
 * we mostly want 12 or 16 bytes. So bytes are drawn a page at a time, and each
 * is wiped from the page when it is handed out.
 */
function pooled(): Random {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;
  return {
    bytes(n) {
      if (n > POOL_BYTES) return randomFillSync(Buffer.alloc(n));
      if (used + n > POOL_BYTES) {
        randomFillSync(pool);
        used = 0;
      }
      const drawn = Buffer.from(pool.subarray(used, used + n));
      pool.fill(0, used, used + n);
      used += n;
      return drawn;
    },
    int: (maxExclusive) => randomInt(maxExclusive),
  };
}
