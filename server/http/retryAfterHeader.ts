import type { Failure } from '../errors.js';

/** Retry-After in whole seconds, rounded up so that waiting it out is enough; no header where waiting does not help. */
export const retryAfterHeader = ({ details: { retryAfterMs } }: Failure): Record<string, string> =>
  retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) };
