import type { Clock } from '../platform/clock.js';
import { MINUTE_MS } from '../platform/durations.js';
import type { Filter } from './documents.js';

/** Longer than any lease. */
const LONGEST_LEASE_MS = 2 * MINUTE_MS;

/**
 * The documents among which those are that an ended process held by leases, due
 * when the lease expires: an index finds them by that time, and no other index
 * has to be kept for the owner of a lease.
 */
export const leasedUntil = (due: string, clock: Clock): Filter => ({
  [due]: { $lte: new Date(clock.now() + LONGEST_LEASE_MS) },
});
