import { Failure } from '../../errors.js';
import { UnsupportedOperation } from '../documents.js';

/**
 * Documents as JSON text with dates as `{"$date": milliseconds}`, which no
 * document can hold by itself because the port refuses keys that begin with
 * `$`. On session documents this takes half the time BSON takes, most of it in
 * V8's own parser, and a stored document can be read with any SQLite tool.
 */

/** A document as it goes into JSON. Never changed, so it can be kept and shared. */
export interface Stored {
  readonly [field: string]: unknown;
}

/** MongoDB's limit for one document. */
const MAX_LENGTH = 16 * 1024 * 1024;

export function toStored(document: object): Stored {
  return storable(document) as Stored;
}

/** A document of the caller's own. */
export function fromStored<T>(stored: Stored): T {
  return restored(stored) as T;
}

export function encode(stored: Stored): string {
  const text = JSON.stringify(stored);
  if (text.length > MAX_LENGTH) throw new UnsupportedOperation('a document is larger than 16 MiB');
  return text;
}

export function decode(text: string): Stored {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The text was written whole by this module, so the file was damaged or changed by someone else.
    throw new Failure('STORE_UNAVAILABLE', { cause });
  }
}

/** A document straight from its text; cheaper than from what is kept. */
export function read<T>(text: string): T {
  const document = decode(text);
  revive(document as Record<string, unknown>);
  return document as T;
}

/** A copy that shares nothing with `value`. */
export function copy<V>(value: V): V {
  return copied(value, (date) => new Date(date)) as V;
}

const storable = (value: unknown): unknown => copied(value, (date) => ({ $date: date.getTime() }));

function copied(value: unknown, ofDate: (date: Date) => unknown): unknown {
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return ofDate(value);
  if (Array.isArray(value)) return value.map((element) => copied(element, ofDate));
  const fields: Record<string, unknown> = {};
  for (const key of Object.keys(value)) fields[key] = copied((value as Stored)[key], ofDate);
  return fields;
}

function restored(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(restored);
  const { $date } = value as { readonly $date?: number };
  if ($date !== undefined) return new Date($date);
  const fields: Record<string, unknown> = {};
  for (const key of Object.keys(value)) fields[key] = restored((value as Stored)[key]);
  return fields;
}

function revive(container: Record<string, unknown>): void {
  for (const key of Object.keys(container)) {
    const value = container[key];
    if (typeof value !== 'object' || value === null) continue;
    const { $date } = value as { readonly $date?: number };
    if ($date === undefined) revive(value as Record<string, unknown>);
    else container[key] = new Date($date);
  }
}
