import { Failure } from '../../errors.js';
import { copied } from '../copy.js';
import { UnsupportedOperation } from '../documents.js';

/**
 * Documents as JSON text with dates as `{"$date": milliseconds}`, which no
 * document can hold by itself because the port refuses keys that begin with
 * `$`. On session documents this takes half the time BSON takes, most of it in
 * V8's own parser, and a stored document can be read with any SQLite tool.
 */

/** MongoDB's limit for one document. */
const MAX_LENGTH = 16 * 1024 * 1024;

export function encode(document: object): string {
  const text = JSON.stringify(storable(document));
  if (text.length > MAX_LENGTH) throw new UnsupportedOperation('a document is larger than 16 MiB');
  return text;
}

export function decode<T>(text: string): T {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    // The text was written whole by this module, so the file was damaged or changed by someone else.
    throw new Failure('STORE_UNAVAILABLE', { cause });
  }
  revive(document as Record<string, unknown>);
  return document as T;
}

const storable = (document: object): unknown => copied(document, (date) => ({ $date: date.getTime() }));

function revive(container: Record<string, unknown>): void {
  for (const key of Object.keys(container)) {
    const value = container[key];
    if (typeof value !== 'object' || value === null) continue;
    const date = (value as { readonly $date?: number }).$date;
    if (date === undefined) revive(value as Record<string, unknown>);
    else container[key] = new Date(date);
  }
}
