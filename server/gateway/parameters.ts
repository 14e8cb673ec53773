import type { z } from 'zod';
import { invalid } from '../errors.js';
import type { HttpRequest } from '../http/message.js';
import { shownName } from '../http/shownName.js';

/** What stands behind the question mark. */
export function queryOf(req: HttpRequest): URLSearchParams {
  const url = req.url ?? '';
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
}

/** Parameters by name. Throws INVALID_REQUEST for one that is given twice: which of the two was meant is not ours to say. */
export function onceEach(given: URLSearchParams): Record<string, string> {
  const twice = [...given.keys()].find((name) => given.getAll(name).length > 1);
  if (twice !== undefined) throw invalid(shownParameter(twice), 'must not be given more than once');
  return Object.fromEntries(given);
}

const KEYED = /^([^[]+)\[(.*)\]$/s;

/** A parameter as an error may name it, with its key where that may be repeated as well. */
function shownParameter(name: string): string {
  const [, outer = name, key] = KEYED.exec(name) ?? [];
  const shown = shownName(outer) ?? 'parameters';
  return key !== undefined && shownName(key) ? `${shown}[${key}]` : shown;
}

/** The parameters `name[key]=value` as one object each: `metadata[user]=1` as `{metadata: {user: '1'}}`. */
export function nested(given: Readonly<Record<string, string>>): Record<string, unknown> {
  const read = new Map<string, unknown>(Object.entries(given).filter(([name]) => !KEYED.test(name)));
  for (const [name, value] of Object.entries(given)) {
    const [, outer, key] = KEYED.exec(name) ?? [];
    if (outer === undefined) continue;
    if (Object.hasOwn(given, outer)) throw invalid(shownParameter(outer), 'must not be given more than once');
    read.set(outer, { ...(read.get(outer) as object | undefined), [key!]: value });
  }
  return Object.fromEntries(read);
}

/**
 * Throws INVALID_REQUEST for a parameter that the shape does not have: a filter
 * with a misspelled name would return what it was meant to leave out.
 */
export function refuseUnknown(shape: z.ZodType, given: Readonly<Record<string, unknown>>): void {
  const known = (shape as Partial<z.ZodObject>).shape ?? {};
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined)
    throw invalid(
      shownName(unknown) ?? 'query',
      `is not known here; known are ${Object.keys(known).join(', ')}`,
    );
}
