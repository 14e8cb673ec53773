import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { Argument, Option } from 'commander';
import { commentOf, firstSentence } from '../../contract/comments.js';
import { isRequiredField } from '../../contract/requiredField.js';
import { type Group, kebab } from './groups.js';
import {
  isSwitch,
  isValue,
  type JsonValue,
  placeholderOf,
  readValue,
  textOrFile,
  wordsOf,
} from './readValue.js';

/** A field of a request, as an argument or a flag. */
export interface FieldInput {
  readonly field: DescField;
  /** JSON names from the request to the field. */
  readonly path: readonly string[];
  /** As it is written: `<id>` or `--display-name`. */
  readonly label: string;
}

/** The arguments and flags of a method. */
export interface Inputs {
  readonly args: readonly FieldInput[];
  readonly flags: readonly FieldInput[];
  /** The field with the resource that a Create or Update writes. */
  readonly resource: DescField | undefined;
}

/** Fields that name what a method is about: arguments of its command. */
const NAMING = [
  'session_id',
  'sponsor_slug',
  'beneficiary_id',
  'slug',
  'id',
  'rule',
  'key',
  'name',
  'sender_id',
  'recipient',
];
/** Filled in by the command line. */
const OWN = ['workspace', 'page_size', 'page_token', 'update_mask', 'request_id'];
/** Long texts, which can come from a file. */
const LONG = ['text', 'html'];

export function inputsOf({ service, naming = NAMING }: Group, method: string, request: DescMessage): Inputs {
  const isWorkspaces = service.endsWith('.WorkspaceService');
  const verb = /^[A-Z][a-z]+/.exec(method)?.[0] ?? '';
  const resource = ['Create', 'Update', 'Preview', 'Simulate'].includes(verb)
    ? request.fields.find(
        (field) => field.fieldKind === 'message' && field.name !== 'update_mask' && !isValue(field),
      )
    : undefined;
  const top = request.fields.filter(
    (field) =>
      field !== resource &&
      (isWorkspaces && field.name === 'workspace' ? field.fieldKind === 'scalar' : !OWN.includes(field.name)),
  );
  const written = resource?.message ? writable(resource.message, verb === 'Update' ? naming : []) : [];
  const candidates = [
    ...top.map((field) => ({ field, path: [field.jsonName] })),
    ...written.map((field) => ({ field, path: [resource!.jsonName, field.jsonName] })),
  ];
  const isArgument = ({ field }: { field: DescField }) =>
    // In a list, what need not be given is a filter.
    (naming.includes(field.name) && (verb !== 'List' || isRequiredField(field))) ||
    (isWorkspaces && field.name === 'workspace');
  const args = candidates.filter(isArgument).map((one) => ({ ...one, label: `<${kebab(one.field.name)}>` }));
  const flags = candidates
    .filter((one) => !isArgument(one))
    .flatMap(({ field, path }) => flagsOf(field, path));
  return { args, flags, resource };
}

/** The fields of a resource that a caller can set, and those that name it. */
const writable = (message: DescMessage, naming: readonly string[] = []): readonly DescField[] =>
  message.fields.filter((field) => naming.includes(field.name) || !/Output only/.test(commentOf(field)));

/** A flag, or for a message of several fields one for each of them. */
function flagsOf(field: DescField, path: readonly string[]): FieldInput[] {
  if (isValue(field) || field.fieldKind !== 'message' || isOpen(field.message)) {
    return [{ field, path, label: `--${kebab(field.name)}${isSecret(field) ? '-file' : ''}` }];
  }
  return writable(field.message).flatMap((inner) =>
    flagsOf(inner, [...path, inner.jsonName]).map((one) => ({
      ...one,
      label: `--${kebab(field.name)}-${one.label.slice(2)}`,
    })),
  );
}

/** A secret in an argument is visible to every user of the machine, so its flag names a file. */
const isSecret = ({ name }: DescField): boolean => /secret|token|password/.test(name);

/** Messages that have no fields of their own to make flags of. */
const isOpen = ({ typeName }: DescMessage): boolean => typeName === 'google.protobuf.Struct';

export const toArgument = ({ field, label }: FieldInput): Argument =>
  new Argument(label, firstSentence(commentOf(field)));

export function toOption({ field, label }: FieldInput): Option {
  const comment = firstSentence(commentOf(field));
  if (isSecret(field))
    return new Option(`${label} <file>`, `${comment} Read from the file; - is standard input.`);
  const hasWords = field.fieldKind === 'enum' || (field.fieldKind === 'list' && field.listKind === 'enum');
  const choices = hasWords ? ` (${wordsOf(field.enum).join(', ')})` : '';
  const file = LONG.includes(field.name) ? ' (@FILE: from a file)' : '';
  if (isSwitch(field)) return new Option(`${label} [true|false]`, comment).preset('true');
  return new Option(`${label} <${placeholderOf(field)}>`, `${comment}${choices}${file}`);
}

/** The value of an input, and where in the JSON of the request it belongs. */
export function readInput({ field, path, label }: FieldInput, text: string, now: number): Placed {
  return { path, value: readValue(field, { label, text: contentOf(field, label, text), now }) };
}

interface Placed {
  readonly path: readonly string[];
  readonly value: JsonValue;
}

/** Puts values into the JSON of a request. */
export function place(request: Record<string, unknown>, placed: readonly Placed[]): void {
  for (const { path, value } of placed) {
    let at = request;
    for (const name of path.slice(0, -1)) {
      at[name] ??= {};
      at = at[name] as Record<string, unknown>;
    }
    at[path.at(-1)!] = value;
  }
}

function contentOf(field: DescField, label: string, text: string): string {
  if (isSecret(field)) return textOrFile(label, `@${text}`).trim();
  return LONG.includes(field.name) ? textOrFile(label, text) : text;
}
