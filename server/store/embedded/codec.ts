import { Failure } from '../../errors.js';
import { createBoundedMap } from '../../platform/boundedMap.js';
import { UnsupportedOperation } from '../documents.js';

/**
 * Documents as JSON text with dates as `{"$date": milliseconds}`, which no
 * document can hold by itself because the port refuses keys that begin with
 * `$`. On session documents this takes less than half the time BSON takes, and a
 * stored document can be read with any SQLite tool.
 */

/** MongoDB's limit for one document. */
const MAX_LENGTH = 16 * 1024 * 1024;

export function encode(document: object): string {
  const text = textOf(document);
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

/** What the port lets through, as JSON. JSON.stringify would need a copy in which dates are objects. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return textOfString(value);
  if (typeof value !== 'object' || value === null) return `${value}`;
  if (value instanceof Date) return `{"$date":${value.getTime()}}`;
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`;
  let fields = '';
  for (const key of Object.keys(value)) {
    if (fields !== '') fields += ',';
    fields += textOfKey(key) + textOf((value as Readonly<Record<string, unknown>>)[key]);
  }
  return `{${fields}}`;
}

/** Printable ASCII without what JSON escapes. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** A string as UTF-8 can hold it. */
function textOfString(value: string): string {
  return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value.toWellFormed());
}

/** Keys of documents recur. */
const keys = createBoundedMap<string, string>(4096);

function textOfKey(key: string): string {
  let text = keys.get(key);
  if (text === undefined) {
    text = `${textOfString(key)}:`;
    keys.set(key, text);
  }
  return text;
}

function revive(container: Record<string, unknown>): void {
  for (const key of Object.keys(container)) {
    const value = container[key];
    if (typeof value !== 'object' || value === null) continue;
    const date = (value as { readonly $date?: number }).$date;
    if (date === undefined) revive(value as Record<string, unknown>);
    else container[key] = new Date(date);
  }
}
