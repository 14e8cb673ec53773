import type { Condition, Filter, Scalar } from './documents.js';
import { pathParts } from './paths.js';

/**
 * Filters, decided as MongoDB decides them: a path that meets an array asks
 * each element, a missing field equals null, and values of different types
 * never compare (MongoDB manual: "Query Arrays", "Query for Null or Missing
 * Fields", "Comparison/Sort Order").
 */

type Values = Readonly<Record<string, unknown>>;

/** Asked of each value a path leads to; `undefined` stands for a missing field. */
type Test = (value: unknown) => boolean;

export function matches(document: object, filter: Filter): boolean {
  for (const path of Object.keys(filter)) {
    const wanted = filter[path];
    const holds =
      path === '$or'
        ? (wanted as readonly Filter[]).some((alternative) => matches(document, alternative))
        : meets(document, pathParts(path), wanted as Scalar | Condition);
    if (!holds) return false;
  }
  return true;
}

function meets(document: object, path: readonly string[], wanted: Scalar | Condition): boolean {
  if (typeof wanted !== 'object' || wanted === null || wanted instanceof Date) {
    return anyValue(document, path, 0, (value) => equals(value, wanted));
  }
  for (const operator of Object.keys(wanted) as (keyof Condition)[]) {
    if (!holds(document, path, operator, wanted)) return false;
  }
  return true;
}

function holds(
  document: object,
  path: readonly string[],
  operator: keyof Condition,
  condition: Condition,
): boolean {
  const any = (test: Test): boolean => anyValue(document, path, 0, test);
  switch (operator) {
    case '$exists':
      return any((value) => value !== undefined) === condition.$exists;
    case '$in':
      return any((value) => condition.$in!.some((wanted) => equals(value, wanted)));
    // Not "some value differs": no value may be equal.
    case '$ne':
      return !any((value) => equals(value, condition.$ne!));
    case '$gt':
      return any((value) => compare(value, condition.$gt!) > 0);
    case '$gte':
      return any((value) => compare(value, condition.$gte!) >= 0);
    case '$lt':
      return any((value) => compare(value, condition.$lt!) < 0);
    case '$lte':
      return any((value) => compare(value, condition.$lte!) <= 0);
  }
}

/** Whether one of the values that `path` leads to from its part `at` on passes. */
function anyValue(start: unknown, path: readonly string[], at: number, test: Test): boolean {
  let value = start;
  for (let part = at; part < path.length; part++) {
    if (Array.isArray(value)) return anyInArray(value, path, part, test);
    if (!isObject(value)) return test(undefined);
    const key = path[part]!;
    value = Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return (Array.isArray(value) && value.some(test)) || test(value);
}

/**
 * An array in the middle of a path: each object in it is asked for the rest,
 * and a numeric part also names one element. Elements without the rest of the
 * path count as missing it when they are objects and do not count otherwise.
 */
function anyInArray(array: readonly unknown[], path: readonly string[], part: number, test: Test): boolean {
  const last = part + 1 === path.length;
  return array.some((element, index) => {
    const inner = isObject(element);
    if (inner && anyValue(element, path, part, test)) return true;
    if (path[part] !== String(index)) return false;
    if (last) return test(element);
    if (Array.isArray(element)) return anyInArray(element, path, part + 1, test);
    return inner && anyValue(element, path, part + 1, test);
  });
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function equals(value: unknown, wanted: Scalar): boolean {
  if (wanted === null) return value === null || value === undefined;
  if (wanted instanceof Date) return value instanceof Date && value.getTime() === wanted.getTime();
  return value === wanted;
}

/** Negative, zero or positive; NaN, which no comparison holds for, between values of different types. */
function compare(value: unknown, wanted: Scalar): number {
  if (wanted === null) return value === null || value === undefined ? 0 : Number.NaN;
  if (wanted instanceof Date) return value instanceof Date ? value.getTime() - wanted.getTime() : Number.NaN;
  if (typeof value !== typeof wanted) return Number.NaN;
  // MongoDB and SQLite order text by its UTF-8 bytes; JavaScript's < goes by UTF-16 units, which is another order.
  if (typeof wanted === 'string') return Buffer.compare(Buffer.from(value as string), Buffer.from(wanted));
  return Number(value) - Number(wanted);
}
