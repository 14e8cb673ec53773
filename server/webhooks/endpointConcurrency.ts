import type { Clock } from '../platform/clock.js';
import { WEBHOOK_LIMITS } from './limits.js';

/** Keeps the tries that this process makes at one endpoint at once within bounds. */
export interface EndpointConcurrency {
  /** Takes a turn, to be given back; or says how many milliseconds to wait before asking again. */
  acquire(endpoint: string, atOnce: number): (() => void) | number;
}

/** Endpoints whose pace is remembered while nothing is under way. */
const KEPT = 1_000;

interface Endpoint {
  underWay: number;
  /** How long the last try took, milliseconds. */
  tookMs: number;
  /** When the last of those that wait may have its turn, milliseconds. */
  lastAt: number;
}

/**
 * Who has to wait is told to come back when, at the pace of the last try, its
 * turn will be: nobody keeps a place in memory, and however many wait for an
 * endpoint that is slow, few of them ask at a time.
 */
export function createEndpointConcurrency(clock: Clock): EndpointConcurrency {
  const endpoints = new Map<string, Endpoint>();
  const { min, max } = WEBHOOK_LIMITS.turnSeconds;
  return {
    acquire(id, atOnce) {
      const endpoint = endpoints.get(id) ?? { underWay: 0, tookMs: 0, lastAt: 0 };
      // Behind all others: the first is the one that was not asked for longest.
      endpoints.delete(id);
      endpoints.set(id, endpoint);
      const now = clock.now();
      if (endpoint.underWay >= atOnce) {
        const next = Math.max(endpoint.lastAt, now) + Math.ceil(endpoint.tookMs / atOnce);
        endpoint.lastAt = Math.min(next, now + max * 1_000);
        return Math.max(endpoint.lastAt - now, min * 1_000);
      }
      endpoint.underWay++;
      return () => {
        endpoint.tookMs = clock.now() - now;
        endpoint.underWay--;
        forgetOldest();
      };
    },
  };

  function forgetOldest(): void {
    for (const [id, { underWay }] of endpoints) {
      if (endpoints.size <= KEPT) return;
      if (underWay === 0) endpoints.delete(id);
    }
  }
}
