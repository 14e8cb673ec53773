import { type DescField, type DescMessage, type Message, toJson } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import type { Column } from '../output/table.js';
import { isValue, wordOf } from './readValue.js';

/** Texts that would fill a table. */
const LONG = ['text', 'html', 'subject'];

/** A message of the contract in the JSON form of protobuf. */
export const jsonOf = (schema: DescMessage, message: Message): unknown => toJson(schema, message);

/** A column for each field of a message that is one value. */
export const columnsOf = (schema: DescMessage): Column<Message>[] =>
  schema.fields
    .filter((field) => isShown(field) && !LONG.includes(field.name))
    .map((field) => ({
      title: field.name.toUpperCase(),
      value: (row) => textOf(schema, field, row),
    }));

/** A message as lines of a field and its value. */
export function fieldLines(schema: DescMessage, message: Message): (readonly [string, string])[] {
  return schema.fields
    .filter((field) => reflect(schema, message).isSet(field))
    .map((field) => [field.name, textOf(schema, field, message)] as const);
}

const isShown = (field: DescField): boolean =>
  isValue(field) &&
  field.fieldKind !== 'map' &&
  !(field.fieldKind === 'list' && field.listKind === 'message');

function textOf(schema: DescMessage, field: DescField, message: Message): string {
  const reflected = reflect(schema, message);
  if (!reflected.isSet(field))
    return field.fieldKind === 'scalar' && !field.presence ? String(reflected.get(field)) : '';
  const value = (toJson(schema, message) as Record<string, unknown>)[field.jsonName];
  if (field.fieldKind === 'enum') return wordOf(field.enum, String(value));
  if (Array.isArray(value)) {
    const shown = value.map((one) =>
      field.fieldKind === 'list' && field.listKind === 'enum' ? wordOf(field.enum, String(one)) : one,
    );
    return shown.every((one) => typeof one !== 'object') ? shown.join(',') : JSON.stringify(shown);
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
