import type { FinalError } from '../provider.js';

/** What a vendor's error code means: the message cannot be sent, or a word for what may pass. */
export type ErrorMeaning = FinalError | { readonly retry: string; readonly aboutMessage?: true };

/** One documented error. */
export interface VendorError {
  /** As the vendor writes it, or the first and last of a range of numbers. */
  readonly code: string | number | readonly [first: number, last: number];
  readonly meaning: ErrorMeaning;
  /** What the vendor says about it, in short. */
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
  /** The meaning of a code; undefined for one that says no more than its HTTP status. */
  meaningOf(code: unknown): ErrorMeaning | undefined;
}

type Row = readonly [
  code: VendorError['code'],
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
  const ranges: (readonly [first: number, last: number, meaning: ErrorMeaning])[] = [];
  for (const { code, meaning } of errors) {
    if (typeof code === 'object') ranges.push([...code, meaning]);
    else single.set(String(code), meaning);
  }
  return {
    ...(source !== undefined && { source }),
    rows: errors,
    others: others.map(toError),
    meaningOf: (code) =>
      single.get(String(code)) ??
      ranges.find(([first, last]) => Number(code) >= first && Number(code) <= last)?.[2],
  };
}

const toError = ([code, meaning, note, source]: Row): VendorError => ({
  code,
  meaning,
  note,
  ...(source !== undefined && { source }),
});
