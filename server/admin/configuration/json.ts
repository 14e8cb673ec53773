/** A value of the document. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a document holds in place of a secret. */
export const MARK = { set: true } as const;
export const isMark = (value: Json | undefined): boolean =>
  isObject(value) && value.set === true && Object.keys(value).length === 1;

/** The same value, and every object in it, with its keys in their order. */
export function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted(value[name]!)]));
}

/** The same text for equal values. */
export const canonical = (value: Json | undefined): string =>
  value === undefined ? '' : JSON.stringify(sorted(value));

/** The document as it is written. */
export const written = (value: Json): string => `${JSON.stringify(sorted(value), undefined, 2)}\n`;
