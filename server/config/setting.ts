import { z } from 'zod';

/** One setting: its variable, what it accepts and what it means. Docs and --help are printed from this. */
export interface Setting<T extends z.ZodType = z.ZodType> {
  readonly variable: string;
  readonly schema: T;
  readonly doc: string;
  /** The value is never printed. */
  readonly secret?: true;
}

export const setting = <T extends z.ZodType>(variable: string, schema: T, doc: string): Setting<T> => ({
  variable,
  schema,
  doc,
});

export const secret = <T extends z.ZodType>(variable: string, schema: T, doc: string): Setting<T> => ({
  variable,
  schema,
  doc,
  secret: true,
});

export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be between ${min} and ${max}`);

/** Items separated by commas. */
export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);

export const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      `must be an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    );

/** The address of an HTTP API, to which paths are appended. */
export const baseUrl = url('https:', 'http:')
  .refine((text) => !/[?#]/.test(text), 'must have no query and no fragment')
  .transform((text) => text.replace(/\/+$/, ''));
