import { isDeepStrictEqual } from 'node:util';

/** Throws where a value is not the documented one. */
export function same(what: string, given: unknown, documented: unknown): void {
  if (!isDeepStrictEqual(given, documented))
    throw new Error(`${what} is ${JSON.stringify(given)}, not ${JSON.stringify(documented)}`);
}

/** The value as a text of that form; throws where it is none. */
export function formed(what: string, given: unknown, form: RegExp): string {
  if (typeof given !== 'string' || !form.test(given))
    throw new Error(`${what} is ${JSON.stringify(given)}, not like ${form}`);
  return given;
}

/** The text, no longer than that in the unit of the vendor; throws where it is. */
export function within(what: string, size: number, most: number): void {
  if (size < 1 || size > most) throw new Error(`${what} is ${size} long, more than ${most} or nothing`);
}

/** The first run of digits of a text that is as long as a code. */
export const codeIn = (text: string): string => /\d{4,8}/.exec(text)?.[0] ?? '';
