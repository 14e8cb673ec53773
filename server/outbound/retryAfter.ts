import { DAY_MS } from '../platform/durations.js';

/** Nothing here waits as long; whatever is longer, or beyond any date, comes to the same. */
const MOST_MS = DAY_MS;

/** The wait that Retry-After asks for, milliseconds: seconds, or a date (RFC 9110 section 10.2.3). */
export function retryAfterMs(header: string | null | undefined, now: number): number | undefined {
  if (!header) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return ms > 0 ? Math.min(ms, MOST_MS) : undefined;
}
