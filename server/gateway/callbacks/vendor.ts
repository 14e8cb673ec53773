import type { Report } from '../../delivery/reports.js';
import type { Verdict } from '../../delivery/vendorRequest.js';
import type { HttpRequest } from '../../http/message.js';

/** A status callback as it came in. Nothing of it is believed before its signature was found right. */
export interface Callback {
  readonly headers: HttpRequest['headers'];
  /** Byte for byte, as UTF-8. */
  readonly body: string;
  /** The path and query that were asked for. */
  readonly target: string;
}

/** A vendor that reports what became of messages. */
export interface CallbackVendor {
  /** The last part of its address here. */
  readonly name: string;
  readonly mediaType: string;
  /** Longest body; undefined: that of any request. */
  readonly bodyBytes?: number;
  /** Whether the vendor sent exactly this, and, where its signature can tell, about now. */
  isSigned(callback: Callback): boolean;
  /** What a signed callback says; nothing where it tells of a step on the way. */
  readReports(callback: Callback): readonly Report[];
  /** The answer to the vendor's question whether this address is ours; undefined for somebody else's question. */
  readonly shakeHands?: (query: URLSearchParams) => string | undefined;
}

/** Where a vendor reports to, behind the service's own address. */
export const callbackPath = (vendor: string): string => `/callbacks/${vendor}`;

export const DELIVERED: Report['end'] = { state: 'DELIVERED' };

/** The end of a message that was accepted and not delivered. What would have been worth another try then is over now. */
export const failedBy = (verdict: Verdict | undefined): Report['end'] => ({
  state: 'FAILED',
  error: typeof verdict === 'string' ? verdict : 'UNDELIVERED',
});

/** A header that makes sense only once. */
export function headerOf({ headers }: Callback, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}
