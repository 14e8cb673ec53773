import { type DescField, type DescMessage, type Message, toJson } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import type { Column } from '../output/table.js';
import { isValue, wordOf } from './readValue.js';

/** Texts that would fill a table. */
const LONG = ['text', 'html', 'subject'];

/** A message of the contract in the JSON form of protobuf. */
export const jsonOf = (schema: DescMessage, message: Message): unknown => toJson(schema, message);

/** A column for each field of a message that is one value, and for those of the messages in it. */
export const columnsOf = (schema: DescMessage): Column<Message>[] =>
  schema.fields.flatMap((field): Column<Message>[] => {
    if (LONG.includes(field.name)) return [];
    const title = field.name.toUpperCase();
    if (isShown(field)) return [{ title, value: (row) => textOf(schema, field, row) }];
    if (field.fieldKind !== 'message' || field.message === schema) return [];
    const { message, localName } = field;
    return message.fields.filter(isShown).map((inner) => ({
      title: `${title}.${inner.name.toUpperCase()}`,
      value: (row) => {
        const nested = (row as unknown as Record<string, Message | undefined>)[localName];
        return nested ? textOf(message, inner, nested) : '';
      },
    }));
  });

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
