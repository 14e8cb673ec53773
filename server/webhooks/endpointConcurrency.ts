import { createBoundedMap } from '../platform/boundedMap.js';
import type { Clock } from '../platform/clock.js';
import { SECOND_MS } from '../platform/durations.js';
import { WEBHOOK_LIMITS } from './limits.js';

/** Limits how many delivery attempts this process makes at one endpoint at once. */
export interface EndpointConcurrency {
  /** Returns how to release the place it acquired, or the milliseconds to wait before asking again. */
  acquire(endpoint: string, atOnce: number): (() => void) | number;
}

/** Endpoints whose pace is kept. */
const PACES = 1_000;

interface Pace {
  /** How long the last attempt took, milliseconds. */
  readonly tookMs: number;
  /** When the last of those that wait may ask again, milliseconds. */
  readonly lastAt: number;
}

/**
 * A delivery that has to wait is given a time at which, at the pace of the last
 * attempt, its place will be free: no waiting delivery is held in memory, and
 * however many wait for a slow endpoint, few of them ask at a time.
 */
export function createEndpointConcurrency(clock: Clock): EndpointConcurrency {
  const running = new Map<string, number>();
  const paces = createBoundedMap<string, Pace>(PACES);
  const { min, max } = WEBHOOK_LIMITS.placeWaitSeconds;

  const paceOf = (endpoint: string): Pace => paces.get(endpoint) ?? { tookMs: 0, lastAt: 0 };

  function release(endpoint: string, tookMs: number): void {
    paces.set(endpoint, { ...paceOf(endpoint), tookMs });
    const others = (running.get(endpoint) ?? 1) - 1;
    if (others > 0) running.set(endpoint, others);
    else running.delete(endpoint);
  }

  return {
    acquire(endpoint, atOnce) {
      const now = clock.now();
      const count = running.get(endpoint) ?? 0;
      if (count < atOnce) {
        running.set(endpoint, count + 1);
        return () => release(endpoint, clock.now() - now);
      }
      const { tookMs, lastAt: before } = paceOf(endpoint);
      const next = Math.max(before, now) + Math.ceil(tookMs / atOnce);
      const lastAt = Math.min(next, now + max * SECOND_MS);
      paces.set(endpoint, { tookMs, lastAt });
      return Math.max(lastAt - now, min * SECOND_MS);
    },
  };
}
