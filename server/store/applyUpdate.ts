import { type Filter, UnsupportedOperation, type Update } from './documents.js';
import { matches } from './matchFilter.js';
import { pathParts } from './paths.js';

/**
 * Updates, applied as MongoDB applies them, its refusals included: a
 * path through a scalar, $inc of a text, $push to what is no array (manual:
 * "Update Operators"; error codes TypeMismatch, BadValue, PathNotViable).
 */

type Fields = Record<string, unknown>;
type Container = Fields | unknown[];

/** MongoDB pads an array with null up to the index that is set, within this bound. */
const MAX_PADDING = 1_500_000;

/** Changes `document` in place. On a refusal it is left half changed: work on a copy and drop it. */
export function applyUpdate(document: object, update: Update): void {
  const steps = stepsOf(update);
  // Only places in an array feel the order: one that is set first pads the array up to itself.
  if (steps.length > 1 && steps.some(({ path }) => PLACE.test(path))) steps.sort(byPath);
  for (const step of steps) step.apply(document, step.path);
}

interface Step {
  readonly path: string;
  readonly apply: (document: object, path: string) => void;
}

function stepsOf({ $set, $inc, $push, $pull, $unset }: Update): Step[] {
  const steps: Step[] = [];
  for (const path in $set)
    steps.push({ path, apply: (document) => change(document, path, () => $set[path]) });
  for (const path in $inc)
    steps.push({
      path,
      apply: (document) => change(document, path, (old) => increased(old, $inc[path]!, path)),
    });
  for (const path in $push)
    steps.push({
      path,
      apply: (document) => change(document, path, (old) => pushed(old, $push[path]!, path)),
    });
  for (const path in $pull) steps.push({ path, apply: (document) => pull(document, path, $pull[path]!) });
  for (const path in $unset) steps.push({ path, apply: unset });
  return steps;
}

const PLACE = /\.\d/;

/** MongoDB applies all operators of an update in the order of their paths, numbers by their value (manual: "Update Operators Behavior"). */
function byPath(one: Step, other: Step): number {
  const a = pathParts(one.path);
  const b = pathParts(other.path);
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] === b[i]) continue;
    if (isIndex(a[i]!) && isIndex(b[i]!)) return Number(a[i]) - Number(b[i]);
    return a[i]! < b[i]! ? -1 : 1;
  }
  return a.length - b.length;
}

function change(document: object, path: string, next: (value: unknown) => unknown): void {
  const parts = pathParts(path);
  const container = find(document, parts, true);
  if (!container) throw notViable(path);
  const key = parts.at(-1)!;
  write(container, key, next(read(container, key)));
}

function increased(value: unknown, amount: number, path: string): number {
  if (value !== undefined && typeof value !== 'number')
    throw refused(`$inc of "${path}", which is no number`);
  const sum = (value ?? 0) + amount;
  if (!Number.isFinite(sum)) throw refused(`$inc of "${path}" beyond what a number holds`);
  return sum;
}

function pushed(
  value: unknown,
  { $each, $position, $slice }: NonNullable<Update['$push']>[string],
  path: string,
): unknown[] {
  if (value !== undefined && !Array.isArray(value)) throw refused(`$push to "${path}", which is no array`);
  const old: unknown[] = value ?? [];
  const all = $position === 0 ? [...$each, ...old] : [...old, ...$each];
  if ($slice === undefined) return all;
  return $slice < 0 ? all.slice($slice) : all.slice(0, $slice);
}

function pull(document: object, path: string, conditions: Filter): void {
  const parts = pathParts(path);
  const container = find(document, parts, false);
  if (container === null) throw notViable(path);
  if (container === undefined) return;
  const key = parts.at(-1)!;
  const value = read(container, key);
  if (value === undefined) return;
  if (!Array.isArray(value)) throw refused(`$pull from "${path}", which is no array`);
  write(
    container,
    key,
    value.filter(
      (element) => !(isContainer(element) && !Array.isArray(element) && matches(element, conditions)),
    ),
  );
}

function unset(document: object, path: string): void {
  const parts = pathParts(path);
  const container = find(document, parts, false);
  if (!container) return;
  const key = parts.at(-1)!;
  if (!Array.isArray(container)) delete container[key];
  // An element leaves a null behind, so that the others keep their places.
  else if (Number(key) < container.length) container[Number(key)] = null;
}

/**
 * The object or array that holds the last part of a path, made on the way
 * with `create`; undefined when something before it is missing, null when a
 * scalar or an array without such an element is in the way.
 */
function find(document: object, parts: readonly string[], create: boolean): Container | undefined | null {
  let container = document as Container;
  for (let i = 0; ; i++) {
    const key = parts[i]!;
    if (Array.isArray(container) && !isIndex(key)) return null;
    if (i === parts.length - 1) return container;
    let next = read(container, key);
    if (next === undefined) {
      if (!create) return undefined;
      next = {};
      write(container, key, next);
    }
    if (!isContainer(next)) return null;
    container = next;
  }
}

const isIndex = (key: string): boolean => /^(0|[1-9]\d*)$/.test(key);

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null && !(value instanceof Date);
}

function read(container: Container, key: string): unknown {
  return Object.hasOwn(container, key) ? (container as Fields)[key] : undefined;
}

function write(container: Container, key: string, value: unknown): void {
  if (Array.isArray(container)) {
    const index = Number(key);
    if (index > container.length + MAX_PADDING) throw refused(`an array would be padded up to ${key}`);
    while (container.length < index) container.push(null);
  }
  (container as Fields)[key] = value;
}

const refused = (why: string): UnsupportedOperation => new UnsupportedOperation(why);
const notViable = (path: string): UnsupportedOperation =>
  refused(`"${path}" leads through a value that has no fields`);
