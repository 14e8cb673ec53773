import { createBoundedMap } from '../platform/boundedMap.js';
import type { Condition, Document, Filter, FindOptions, Scalar, Update } from './documents.js';
import { UnsupportedOperation } from './documents.js';
import { isUsableKey, pathParts } from './paths.js';

/**
 * What the port refuses, whichever engine runs: MongoDB would take some of it
 * and mean something else by it. Messages name fields and never hold values.
 */

/** Deeper nesting than this is a mistake; MongoDB itself stops at 100. */
const MAX_DEPTH = 50;

/** Keys of documents recur, so those found usable are cached. */
const usable = createBoundedMap<string, true>(4096);

export function validateDocument(document: Document): void {
  if (!isPlainObject(document)) throw refused('a document is a plain object');
  checkId(document._id);
  checkObject(document, 0);
}

export function validateFilter(filter: Filter): void {
  if (!isPlainObject(filter)) throw refused('a filter is a plain object');
  for (const path of Object.keys(filter)) {
    const wanted = filter[path];
    if (path === '$or') checkAlternatives(wanted);
    else {
      pathParts(path);
      checkWanted(wanted, path);
    }
  }
}

/** A filter that addresses one document by its `_id`. */
export function validateIdFilter(filter: Filter): void {
  checkId(filter._id);
  validateFilter(filter);
}

export function validateUpdate(update: Update): void {
  if (!isPlainObject(update)) throw refused('an update is a plain object');
  const paths = new Set<string>();
  for (const operator of Object.keys(update)) {
    const check = UPDATE_OPERATORS.get(operator);
    if (!check) throw refused(`the update operator ${operator} is not in the port`);
    const fields = update[operator as keyof Update];
    if (!isPlainObject(fields)) throw refused(`${operator} takes an object of fields`);
    const names = Object.keys(fields);
    if (names.length === 0) throw refused(`${operator} names no field`);
    for (const path of names) {
      if (pathParts(path)[0] === '_id') throw refused('_id never changes');
      if (paths.has(path)) throw refused(`"${path}" is changed twice`);
      paths.add(path);
      check(fields[path], path);
    }
  }
  if (paths.size === 0) throw refused('an update changes something');
  checkNoneInsideAnother(paths);
}

export function validateFindOptions({ sort, limit }: FindOptions): void {
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw refused('limit is a positive whole number');
  }
  if (sort === undefined) return;
  const directions = Object.values(sort);
  if (directions.length === 0 || !directions.every((d) => (d === 1 || d === -1) && d === directions[0])) {
    throw refused('sort names fields, all 1 or all -1');
  }
}

const refused = (why: string): UnsupportedOperation => new UnsupportedOperation(why);

/** An `_id` is also an SQL key, so it must survive the trip to UTF-8 and back. */
function checkId(id: unknown): void {
  if (typeof id !== 'string' || id === '' || id.includes('\0') || !id.isWellFormed()) {
    throw refused('_id is a string of at least one character, without NUL');
  }
}

function checkObject(object: Readonly<Record<string, unknown>>, depth: number): void {
  for (const key of Object.keys(object)) {
    if (!usable.has(key)) {
      if (!isUsableKey(key)) throw refused(`"${key}" cannot be a field name`);
      usable.set(key, true);
    }
    checkValue(object[key], key, depth + 1);
  }
}

function checkValue(value: unknown, where: string, depth: number): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return;
    case 'number':
      if (Number.isFinite(value)) return;
      throw refused(`"${where}" holds a number that is not finite`);
    case 'object':
      if (value === null || isDate(value, where)) return;
      if (depth > MAX_DEPTH) throw refused(`"${where}" is nested too deeply`);
      if (isPlainObject(value)) {
        checkObject(value, depth);
        return;
      }
      if (Array.isArray(value)) {
        // By index, because a hole is an undefined that iteration methods skip.
        for (let i = 0; i < value.length; i++) checkValue(value[i], where, depth + 1);
        return;
      }
  }
  throw refused(`"${where}" holds a value that is not in the port`);
}

function checkAlternatives(alternatives: unknown): void {
  if (!Array.isArray(alternatives) || alternatives.length === 0) throw refused('$or takes filters');
  for (const filter of alternatives) validateFilter(filter);
}

/** What a filter wants of one field: a scalar, or conditions on it. */
function checkWanted(wanted: unknown, path: string): void {
  if (isScalar(wanted, path)) return;
  if (!isPlainObject(wanted)) throw refused(`the filter on "${path}" is neither a scalar nor a condition`);
  const operators = Object.keys(wanted);
  if (operators.length === 0) throw refused(`the filter on "${path}" is an empty object`);
  for (const operator of operators) checkCondition(operator as keyof Condition, wanted[operator], path);
}

function checkCondition(operator: keyof Condition, operand: unknown, path: string): void {
  switch (operator) {
    case '$in':
      if (!Array.isArray(operand)) throw refused(`$in on "${path}" takes an array`);
      for (let i = 0; i < operand.length; i++) checkScalar(operand[i], path);
      return;
    case '$exists':
      if (typeof operand !== 'boolean') throw refused(`$exists on "${path}" takes true or false`);
      return;
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
    case '$ne':
      checkScalar(operand, path);
      return;
    default:
      throw refused(`the filter on "${path}" holds "${operator}", which is not a condition of the port`);
  }
}

function checkScalar(value: unknown, path: string): asserts value is Scalar {
  if (!isScalar(value, path)) throw refused(`the filter on "${path}" compares with what is not a scalar`);
}

/** The operand of each update operator, checked. */
const UPDATE_OPERATORS: ReadonlyMap<string, (operand: unknown, path: string) => void> = new Map([
  ['$set', (value, path) => checkValue(value, path, 0)],
  ['$unset', checkUnset],
  ['$inc', checkInc],
  ['$push', checkPush],
  ['$pull', checkPull],
]);

function checkUnset(value: unknown, path: string): void {
  if (value !== '') throw refused(`$unset of "${path}" takes ''`);
}

function checkInc(amount: unknown, path: string): void {
  if (!Number.isFinite(amount)) throw refused(`$inc of "${path}" takes a finite number`);
}

function checkPull(conditions: unknown, path: string): void {
  if (!isPlainObject(conditions) || Object.keys(conditions).length === 0 || '$or' in conditions) {
    throw refused(`$pull from "${path}" takes conditions on fields`);
  }
  validateFilter(conditions as Filter);
}

function checkPush(operand: unknown, path: string): void {
  if (!isPlainObject(operand)) throw refused(`$push to "${path}" takes {$each}`);
  for (const modifier of Object.keys(operand)) {
    const value = operand[modifier];
    const fits =
      modifier === '$each'
        ? Array.isArray(value)
        : modifier === '$slice'
          ? Number.isSafeInteger(value)
          : modifier === '$position' && value === 0;
    if (!fits) throw refused(`$push to "${path}" has an unusable ${modifier}`);
  }
  if (!('$each' in operand)) throw refused(`$push to "${path}" takes {$each}`);
  checkValue(operand.$each, path, 0);
}

/** MongoDB refuses to change a field and something inside it at once. */
function checkNoneInsideAnother(paths: ReadonlySet<string>): void {
  for (const path of paths) {
    for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
      const outer = path.slice(0, dot);
      if (paths.has(outer)) throw refused(`"${path}" is changed together with "${outer}"`);
    }
  }
}

function isScalar(value: unknown, where: string): value is Scalar {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      if (Number.isFinite(value)) return true;
      throw refused(`"${where}" is compared with a number that is not finite`);
    case 'object':
      return value === null || isDate(value, where);
    default:
      return false;
  }
}

function isDate(value: unknown, where: string): value is Date {
  if (!(value instanceof Date)) return false;
  if (Number.isNaN(value.getTime())) throw refused(`"${where}" holds an invalid date`);
  return true;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
