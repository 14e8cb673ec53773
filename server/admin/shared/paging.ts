import { invalid } from '../../errors.js';
import type { Collection, Condition, Document, Filter } from '../../store/documents.js';

const DEFAULT_PAGE = 50;

/** The paging fields every List request has. */
export interface Paging {
  readonly pageSize: number;
  readonly pageToken: string;
}

/** One page and the token of the next; empty at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken: string;
}

/** What is listed, and by which field it is ordered. */
export interface Listing {
  /** The indexed field the list is ordered by; its values are unique. Default `_id`. */
  readonly field?: string;
  /** Only values that begin with this; ends with a slash. Default: all. */
  readonly prefix?: string;
  /** Only values from this one on, which begins with the prefix. */
  readonly from?: string;
  /** Highest first; of ids that is newest first. */
  readonly descending?: boolean;
  readonly filter?: Filter;
}

/**
 * Reads a page. It begins after the last document of the one before, so what is
 * added or deleted meanwhile never shifts it.
 */
export async function readPage<T extends Document>(
  collection: Collection<T>,
  { field = '_id', prefix = '', from = prefix, descending = false, filter = {} }: Listing,
  { pageSize, pageToken }: Paging,
): Promise<Page<T>> {
  const size = pageSize || DEFAULT_PAGE;
  const after = readToken(pageToken, prefix);
  const range: Condition = {
    // "0" is the character after "/".
    ...(prefix && { $gte: from, $lt: `${prefix.slice(0, -1)}0` }),
    ...(after !== undefined && (descending ? { $lt: after } : { $gt: after })),
  };
  const found = await collection
    .find(
      { ...filter, ...(Object.keys(range).length > 0 && { [field]: range }) },
      { sort: { [field]: descending ? -1 : 1 }, limit: size + 1 },
    )
    .toArray();
  const items = found.slice(0, size);
  const last = items.at(-1)?.[field as keyof T] as string | undefined;
  return { items, nextPageToken: last && found.length > size ? writeToken(last, prefix) : '' };
}

const writeToken = (last: string, prefix: string): string =>
  Buffer.from(last.slice(prefix.length)).toString('base64url');

/** A token says where to go on inside its list; a forged one never leads into another list. */
function readToken(token: string, prefix: string): string | undefined {
  if (!token) return undefined;
  const rest = Buffer.from(token, 'base64url').toString('utf8');
  if (!rest || Buffer.from(rest).toString('base64url') !== token) {
    throw invalid('page_token', 'must be a token of this service');
  }
  return prefix + rest;
}
