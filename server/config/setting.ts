import { z } from 'zod';

/** One setting: its variable, what it accepts and what it means. The configuration page is generated from these. */
export interface Setting<T extends z.ZodType = z.ZodType> {
  readonly variable: string;
  /** A schema that does not accept undefined makes the setting a required one of its group. */
  readonly schema: T;
  readonly doc: string;
  /** The value is never printed. */
  readonly secret?: true;
}

/** Settings by the name of their value. */
export type SettingTable = Readonly<Record<string, Setting>>;

/** The values of a table of settings. */
export type ValuesOf<T extends SettingTable> = { readonly [K in keyof T]: z.output<T[K]['schema']> };

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

/** The value of a setting whose variable is not set; undefined where there is none. */
export const defaultOf = ({ schema }: Setting): unknown => schema.safeParse(undefined).data;

/** Whether its group cannot do without the setting. */
export const isRequired = ({ schema }: Setting): boolean => !schema.safeParse(undefined).success;

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
      `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    );

/** The URL of an HTTP API, to which paths are appended. */
export const baseUrl = url('https:', 'http:')
  .refine((text) => !/[?#]/.test(text), 'must have no query and no fragment')
  .transform((text) => text.replace(/\/+$/, ''));

/** A phone number in E.164 form. */
export const phoneNumber = z
  .string()
  .regex(/^\+[1-9]\d{6,14}$/, 'must be a phone number such as +573001234542');
