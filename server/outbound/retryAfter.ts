import { DAY_MS } from '../platform/durations.js';

/** Longer than any wait here, so that longer ones and dates out of range need no case of their own. */
const MAX_MS = DAY_MS;

/** The wait that Retry-After asks for, milliseconds: seconds, or a date (RFC 9110 section 10.2.3). */
export function retryAfterMs(header: string | null | undefined, now: number): number | undefined {
  if (!header) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return ms > 0 ? Math.min(ms, MAX_MS) : undefined;
}
