import type { Outcome } from '../provider.js';
import type { FinalError, RetryError } from '../words.js';

/**
 * What a vendor's error code means: the message is not accepted, or may be
 * accepted later. EXPIRED: the vendor kept it until its time to live ended.
 */
export type ErrorMeaning =
  | FinalError
  | 'EXPIRED'
  | { readonly retry: RetryError; readonly aboutMessage?: true };

/** Codes from one number to another, both included. */
interface CodeRange {
  readonly first: number;
  readonly last: number;
}

/** A code as the vendor writes it, or a range of numbers. */
export type ErrorCode = string | number | CodeRange;

/** Errors that mean the same. */
export interface VendorError {
  readonly codes: readonly ErrorCode[];
  readonly meaning: ErrorMeaning;
  /** What it is about, in our words. */
  readonly note: string;
  /** URL of the page that documents it, where that is not the one of the whole table. */
  readonly source?: string;
}

/** A vendor's error codes, as data: a code that is not in the table is judged by its HTTP status. */
export interface ErrorTable {
  /** URL of the page that documents the codes. */
  readonly source?: string;
  readonly rows: readonly VendorError[];
  /** Errors that no code decides alone; the vendor's room recognises them, the documentation lists them. */
  readonly others: readonly VendorError[];
  /** The meaning of a code; undefined for one that is not listed. */
  meaningOf(code: unknown): ErrorMeaning | undefined;
}

type Row = readonly [
  codes: ErrorCode | readonly ErrorCode[],
  meaning: ErrorMeaning,
  note: string,
  ...source: readonly string[],
];

interface Published {
  readonly source?: string;
  readonly rows: readonly Row[];
  readonly others?: readonly Row[];
}

/** Builds the table of what a vendor publishes. */
export function errorTable({ source, rows, others = [] }: Published): ErrorTable {
  const errors = rows.map(toError);
  const single = new Map<string, ErrorMeaning>();
  const ranges: (CodeRange & { readonly meaning: ErrorMeaning })[] = [];
  for (const { codes, meaning } of errors) {
    for (const code of codes) {
      if (typeof code === 'object') ranges.push({ ...code, meaning });
      else if (single.has(String(code))) throw new Error(`The error code ${code} is listed twice.`);
      else single.set(String(code), meaning);
    }
  }
  return {
    ...(source !== undefined && { source }),
    rows: errors,
    others: others.map(toError),
    meaningOf: (code) =>
      single.get(String(code)) ??
      ranges.find(({ first, last }) => Number(code) >= first && Number(code) <= last)?.meaning,
  };
}

/** The codes from `first` to `last`. */
export const codeRange = (first: number, last: number): CodeRange => ({ first, last });

const toError = ([codes, meaning, note, source]: Row): VendorError => ({
  codes: Array.isArray(codes) ? (codes as readonly ErrorCode[]) : [codes as ErrorCode],
  meaning,
  note,
  ...(source !== undefined && { source }),
});

/** The outcome of an error, with the wait that the vendor asked for, milliseconds. */
export function meaningOutcome(meaning: ErrorMeaning, retryAfterMs?: number): Outcome {
  // Nothing is kept by a vendor that responds with an error.
  if (meaning === 'EXPIRED') return { kind: 'retry', error: 'PROVIDER_FAULT' };
  if (typeof meaning === 'string') return { kind: 'failed', error: meaning };
  return {
    kind: 'retry',
    error: meaning.retry,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(meaning.aboutMessage && { aboutMessage: true }),
  };
}
