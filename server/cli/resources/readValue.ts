import { readFileSync } from 'node:fs';
import { type DescEnum, type DescField, ScalarType } from '@bufbuild/protobuf';
import { usage } from '../errors.js';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const TIMESTAMP = 'google.protobuf.Timestamp';
const DURATION = 'google.protobuf.Duration';

/** A value as JSON of protobuf has it. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** Whether a field is one value, of a well-known type included. */
export const isValue = (field: DescField): boolean =>
  field.fieldKind !== 'message' || [TIMESTAMP, DURATION].includes(field.message.typeName);

/** Whether a field is true or false. */
export const isSwitch = (field: DescField): boolean =>
  field.fieldKind === 'scalar' && field.scalar === ScalarType.BOOL;

/** What a flag takes, as help shows it. */
export function placeholderOf(field: DescField): string {
  if (field.fieldKind === 'map') return 'key=value';
  if (field.fieldKind === 'message') {
    return field.message.typeName === TIMESTAMP
      ? 'time'
      : field.message.typeName === DURATION
        ? 'duration'
        : 'json';
  }
  if (field.fieldKind === 'list') return field.listKind === 'message' ? 'json' : 'list';
  if (field.fieldKind === 'enum') return 'word';
  if (field.scalar === ScalarType.BYTES) return 'file';
  return field.scalar === ScalarType.STRING ? 'text' : 'number';
}

/** What was written on the command line, by its flag or argument. `now`: what durations are added to. */
export interface Written {
  readonly label: string;
  readonly text: string;
  readonly now: number;
}

/** Reads a value. Throws CliError naming the flag. */
export function readValue(field: DescField, { label: flag, text, now }: Written): JsonValue {
  const wrong = (must: string) => usage(`${flag} must be ${must}`);
  const parse = () => {
    try {
      return JSON.parse(text) as JsonValue;
    } catch {
      throw wrong('JSON');
    }
  };
  switch (field.fieldKind) {
    case 'enum':
      return enumValue(field.enum, flag, text);
    case 'list':
      if (field.listKind === 'message') return parse();
      return text
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean)
        .map((item) => (field.listKind === 'enum' ? enumValue(field.enum, flag, item) : item));
    case 'map':
      if (text.startsWith('{')) return parse();
      return mapOf(text, wrong, flag.endsWith('-file') ? '\n' : ',');
    case 'message':
      if (field.message.typeName === DURATION)
        return `${seconds(text) ?? refuse(wrong('a duration such as 90s, 5m, 2h or 30d'))}s`;
      return field.message.typeName === TIMESTAMP ? timestamp(text, now, wrong) : parse();
    case 'scalar':
      return field.scalar === ScalarType.BYTES
        ? text && readBytes(flag, text).toString('base64')
        : scalar(field.scalar, text, wrong);
  }
}

function scalar(type: ScalarType, text: string, wrong: (must: string) => Error): JsonValue {
  if (type === ScalarType.STRING) return text;
  if (type === ScalarType.BOOL) {
    if (text !== 'true' && text !== 'false') throw wrong('true or false');
    return text === 'true';
  }
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw wrong('a number');
  return text;
}

/** A time: RFC 3339, or a duration from now, into the past with a minus sign. */
function timestamp(text: string, now: number, wrong: (must: string) => Error): string {
  const ago = text.startsWith('-');
  const offset = seconds(ago ? text.slice(1) : text);
  const at = offset === undefined ? Date.parse(text) : now + offset * (ago ? -1000 : 1000);
  if (Number.isNaN(at))
    throw wrong('a time such as 2030-01-15T12:00:00Z, or a duration from now such as 30d or -1h');
  return new Date(at).toISOString();
}

export function seconds(text: string): number | undefined {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  return count && unit ? Number(count) * UNITS[unit]! : undefined;
}

/** The words of an enum, without their prefix and UNSPECIFIED. */
export const wordsOf = (desc: DescEnum): string[] =>
  desc.values.filter(({ number }) => number !== 0).map(({ name }) => wordOf(desc, name));

export const wordOf = (desc: DescEnum, name: string): string =>
  name.slice(desc.sharedPrefix?.length ?? 0).toLowerCase();

function enumValue(desc: DescEnum, flag: string, text: string): string {
  const found = desc.values.find(
    ({ name, number }) => number !== 0 && wordOf(desc, name) === text.toLowerCase(),
  );
  if (!found) throw usage(`${flag} must be one of: ${wordsOf(desc).join(', ')}`);
  return found.name;
}

/** The text of a flag, or of the file it names: `@FILE`, `@-` for standard input. */
export const textOrFile = (flag: string, text: string): string =>
  text.startsWith('@') ? readBytes(flag, text.slice(1)).toString('utf8') : text;

/** What is in a file; `-` is standard input. */
function readBytes(flag: string, path: string): Buffer {
  try {
    return readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    throw usage(`${flag} must name a file that can be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function refuse(error: Error): never {
  throw error;
}

/** Pairs of key and value; a value may have "=" in it, as secrets in base64 do. */
function mapOf(text: string, wrong: (must: string) => Error, separator: '\n' | ','): JsonValue {
  const pairs = text
    .split(separator)
    .map((pair) => pair.trim())
    .filter(Boolean);
  if (pairs.some((pair) => pair.indexOf('=') < 1))
    throw wrong(`key=value, ${separator === ',' ? 'separated by commas' : 'one on each line'}`);
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}
