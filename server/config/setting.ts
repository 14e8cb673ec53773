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

/** A URL with a host. None of these has a use for a fragment, so a "#" is part of a password that was not encoded. */
export const url = (...protocols: string[]) =>
  z.string().superRefine((text, { addIssue }) => {
    const message = urlFault(text, protocols);
    if (message !== undefined) addIssue({ code: 'custom', message });
  });

function urlFault(text: string, protocols: readonly string[]): string | undefined {
  const form = `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`;
  if (!protocols.some((protocol) => text.toLowerCase().startsWith(`${protocol}//`))) return form;
  const authority = /^[a-z+]+:\/\/([^/?]*)/i.exec(text)?.[1] ?? '';
  // A connection string of MongoDB may name several hosts, which is not a URL to anybody else.
  const single = protocols.includes('mongodb:')
    ? text.replace(authority, authority.replace(/,.*$/, ''))
    : text;
  const isHttp = protocols.includes('https:');
  const isAmbiguous =
    text.includes('#') || authority.split('@').length > 2 || (!isHttp && /:\/\/[^/?]*[/?].*@/.test(text));
  if (isAmbiguous || !URL.canParse(single)) {
    return `${form}; in a user name or password, "#" must be written as %23, "/" as %2F, "?" as %3F, "@" as %40, ":" as %3A and "%" as %25`;
  }
  const { username, password, hostname, protocol } = new URL(single);
  if (![username, password].every(isDecodable))
    return 'must have "%" in user name and password written as %25';
  return hostname === '' && !protocol.startsWith('mongodb') ? 'must have a host' : undefined;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** A credential that goes into a header: visible ASCII without spaces. */
export const credential = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'must have no spaces, line ends or characters outside ASCII');

/** Any text on one line. */
export const oneLine = z
  .string()
  .min(1, 'must not be empty')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused.
  .regex(/^[^\x00-\x1f\x7f]+$/, 'must be text on one line');

/** One e-mail address, with or without a name: `Acme <codes@acme.example>`. */
export const mailbox = z
  .string()
  .regex(
    /^(?:[^<>\r\n@]*<[^\s<>@,;"]+@[^\s<>@,;"]+>|[^\s<>@,;"]+@[^\s<>@,;"]+)$/,
    'must be one e-mail address, with or without a name, such as Acme <codes@acme.example>',
  );

/** The URL of an HTTP API, to which paths are appended. */
export const baseUrl = url('https:', 'http:')
  .refine((text) => !text.includes('?'), 'must have no query')
  .transform((text) => text.replace(/\/+$/, ''));

/** A phone number in E.164 form. */
export const phoneNumber = z
  .string()
  .regex(/^\+[1-9]\d{6,14}$/, 'must be a phone number such as +573001234542');
