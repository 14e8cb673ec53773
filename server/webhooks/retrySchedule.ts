import { HOUR_MS } from '../platform/durations.js';
import type { Random } from '../platform/random.js';
import { WEBHOOK_LIMITS } from './limits.js';
import type { PendingEvent } from './stored.js';

/** A delivery attempt that was not accepted. */
interface Failed {
  /** When it began, milliseconds. */
  readonly at: number;
  /** How long the endpoint asks to be left alone, milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** When an event is given up, milliseconds: after the first delivery attempt at or after this. */
export const endOf = ({ queuedAt }: Pick<PendingEvent, 'queuedAt'>): number =>
  queuedAt.getTime() + WEBHOOK_LIMITS.retryHours * HOUR_MS;

/**
 * When an event that was not accepted is sent next, milliseconds; undefined where
 * it is given up. There is always a delivery attempt at the very end, however
 * long the wait before it would have been, and one for an event that had none.
 */
export function nextAttemptAt(
  waiting: Pick<PendingEvent, 'queuedAt' | 'tries'>,
  { at, retryAfterMs = 0 }: Failed,
  now: number,
  random: Random,
): number | undefined {
  const end = endOf(waiting);
  if (at >= end) return undefined;
  const asked = Math.min(retryAfterMs, WEBHOOK_LIMITS.retryAfterSeconds * 1_000);
  return Math.min(now + Math.max(backoffMs(waiting.tries, random), asked), end);
}

/** The wait after the n-th delivery attempt, n from 1. */
function backoffMs(n: number, random: Random): number {
  const { firstWaitSeconds, longestWaitSeconds } = WEBHOOK_LIMITS;
  const seconds = Math.min(firstWaitSeconds * 2 ** (n - 1), longestWaitSeconds);
  return Math.round(seconds * (800 + random.int(401)));
}
