import { createBoundedMap } from '../platform/boundedMap.js';
import { UnsupportedOperation } from './documents.js';

/** Paths recur on every call, so their parts are cached; some hold ids, so the cache is bounded. */
const cached = createBoundedMap<string, readonly string[]>(4096);

/** A part of a path, or a key of a document, that every engine can store, find and change. */
const UNUSABLE = /^$|^\$|[.\0]/;

/**
 * Names that every JavaScript object inherits are out as well: the driver's
 * parser looks field names up in an object of its options and takes a list
 * under `constructor` for bytes.
 */
export function isUsableKey(key: string): boolean {
  return !UNUSABLE.test(key) && !(key in Object.prototype) && key.isWellFormed();
}

/** The parts of a dotted path. Refuses what would reach an operator, a prototype or nothing at all. */
export function pathParts(path: string): readonly string[] {
  const known = cached.get(path);
  if (known) return known;
  const parts = path.split('.');
  if (!parts.every(isUsableKey)) throw new UnsupportedOperation(`"${path}" is not a field path`);
  cached.set(path, parts);
  return parts;
}

/** What a document holds at a path of fields; undefined where it is missing. */
export function valueAt(document: object, path: string): unknown {
  let value: unknown = document;
  for (const part of pathParts(path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}
