import { Failure } from '../errors.js';
import type { Clock } from '../platform/clock.js';
import { MINUTE_MS } from '../platform/durations.js';
import type { Filter } from './documents.js';

/** Longer than any lease. */
const LONGEST_LEASE_MS = 2 * MINUTE_MS;
/** Wait before a claim is repeated after the store failed. */
const CLAIM_AGAIN_MS = 500;
/** How long a claim is repeated: less than any lease, so that time to do the work is left. */
const CLAIM_FOR_MS = 10_000;

/**
 * The documents among which those are that an ended process held by leases, due
 * when the lease expires: an index finds them by that time, and no other index
 * has to be kept for the owner of a lease.
 */
export const leasedUntil = (due: string, clock: Clock): Filter => ({
  [due]: { $lte: new Date(clock.now() + LONGEST_LEASE_MS) },
});

/**
 * Repeats a claim whose response was lost: it may be stored, and its work would
 * wait until the lease expires, because its holder lives and knows nothing of it.
 * Repeated, `claim` must recognise its own lease in what it finds.
 */
export async function claimSurely<T>(claim: (repeated: boolean) => Promise<T>, clock: Clock): Promise<T> {
  const giveUpAt = clock.now() + CLAIM_FOR_MS;
  for (let repeated = false; ; repeated = true) {
    try {
      return await claim(repeated);
    } catch (error) {
      const unknown = error instanceof Failure && error.reason === 'STORE_UNAVAILABLE';
      if (!unknown || clock.now() >= giveUpAt) throw error;
      await new Promise<void>((resolve) => clock.after(CLAIM_AGAIN_MS, resolve));
    }
  }
}
