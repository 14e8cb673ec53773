import type { Call } from '../call/call.js';

const REQUEST_ID = /^[\w.:-]{1,64}$/;

/** A caller's own X-Request-Id, where it is safe to log: 1 to 64 letters, digits, "_", ".", ":", "-". */
export const readRequestId = (text: string | undefined): string | undefined =>
  text !== undefined && REQUEST_ID.test(text) ? text : undefined;

/** The credential of an Authorization header (RFC 6750); undefined for any other scheme. */
export function bearer(authorization: string): string | undefined {
  const [scheme, credential, ...more] = authorization.trim().split(/\s+/);
  return scheme?.toLowerCase() === 'bearer' && more.length === 0 ? credential : undefined;
}

/** The headers of every response, on every transport. */
export function headersOf({
  requestId,
  rateLimit,
}: Pick<Call, 'requestId' | 'rateLimit'>): Record<string, string> {
  return {
    'x-request-id': requestId,
    ...(rateLimit && {
      'x-ratelimit-limit': String(rateLimit.limit),
      'x-ratelimit-remaining': String(rateLimit.remaining),
      'x-ratelimit-reset': String(Math.ceil(rateLimit.resetMs / 1000)),
    }),
  };
}
