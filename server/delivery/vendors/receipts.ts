import type { IncomingHttpHeaders } from 'node:http';
import type { Report } from '../reports.js';
import { vendorResponse } from '../vendorResponse.js';
import type { ErrorMeaning } from './errorTable.js';

/** A delivery receipt as it arrived. Nothing in it is trusted before its signature has been verified. */
export interface ReceiptRequest {
  readonly headers: IncomingHttpHeaders;
  /** Byte for byte, as UTF-8. */
  readonly body: string;
  /** The URL that was requested, as seen from outside: OTP_PUBLIC_URL, path and query. */
  readonly url: string;
}

/** Verifies and reads the delivery receipts of one vendor. */
export interface ReceiptReader {
  readonly mediaType: string;
  /** Longest body; undefined: as for any request. */
  readonly bodyBytes?: number;
  /** Whether the vendor sent exactly this and, where its signature includes a time, within five minutes. */
  isSigned(request: ReceiptRequest): boolean;
  /** The final reports in a signed request; none where it describes an intermediate step. */
  readReports(request: ReceiptRequest): readonly Report[];
  /** The response to a vendor that asks whether the URL is ours; undefined for a question that is not the vendor's. */
  readonly shakeHands?: (query: URLSearchParams) => string | undefined;
}

/** A reader and the last part of its path. */
export interface ReceiptEndpoint extends ReceiptReader {
  readonly path: string;
}

/** Where a vendor sends its receipts, below the service's own URL. `account`: those of a workspace's account, as workspace/name. */
export const callbackPath = (path: string, account?: string): string =>
  `/callbacks/${path}${account === undefined ? '' : `/${account}`}`;

export const DELIVERED: Report['end'] = { state: 'DELIVERED' };

/** The end of a message that was accepted and not delivered. An error that might have passed is final by then. */
export function failedBy(
  meaning: ErrorMeaning | 'UNDELIVERED' | undefined,
  code?: string | number,
  text?: string,
): Report['end'] {
  const vendor = vendorResponse(code, text);
  return {
    state: 'FAILED',
    error: typeof meaning === 'string' ? meaning : 'UNDELIVERED',
    ...(vendor && { vendor }),
  };
}

/** The value of a header that may occur once. */
export function headerOf({ headers }: ReceiptRequest, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}
