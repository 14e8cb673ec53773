import type { DescField, DescMessage, JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { FieldViolation } from '../errors.js';
import { isObject, isWellKnown, namesOf } from './jsonFault.js';
import { mayHold } from './mayHold.js';

/** Whether a message has an enum at any depth; only then it can have unknown names. */
export function hasEnums(message: DescMessage, seen = new Set<DescMessage>()): boolean {
  if (seen.has(message) || isWellKnown(message)) return false;
  seen.add(message);
  return message.fields.some((field) => field.enum || (field.message && hasEnums(field.message, seen)));
}

const withEnums = new Map<DescField, boolean>();

/** The same of a field; the fields of the contract are few, so the results are kept. */
function holdsEnum(field: DescField): boolean {
  let holds = withEnums.get(field);
  if (holds === undefined) {
    holds = field.enum !== undefined || (field.message !== undefined && hasEnums(field.message));
    withEnums.set(field, holds);
  }
  return holds;
}

/**
 * Finds an enum value with a name that the contract does not know. Connect
 * ignores unknown fields, so that client and server may differ in version, and
 * also unknown enum names: a requested channel would silently be left out.
 */
export function findUnknownName(message: DescMessage, text: string): FieldViolation | undefined {
  if (!mayHold(text, message.fields.filter(holdsEnum))) return undefined;
  try {
    return inMessage(message, JSON.parse(text), '');
  } catch {
    // Not JSON: the decoder reports it.
    return undefined;
  }
}

function inMessage(message: DescMessage, json: JsonValue, path: string): FieldViolation | undefined {
  if (!isObject(json) || isWellKnown(message)) return undefined;
  for (const field of message.fields) {
    const fault = inField(field, given(field, json), path ? `${path}.${field.name}` : field.name);
    if (fault) return fault;
  }
  return undefined;
}

const given = (field: DescField, json: JsonObject): JsonValue | undefined =>
  json[field.jsonName] ?? json[field.name];

function inField(field: DescField, value: JsonValue | undefined, path: string): FieldViolation | undefined {
  if (field.fieldKind === 'list') {
    if (!Array.isArray(value)) return undefined;
    for (const [index, item] of value.entries()) {
      const fault = inItem(field, item, `${path}[${index}]`);
      if (fault) return fault;
    }
    return undefined;
  }
  return field.fieldKind === 'map' ? undefined : inItem(field, value, path);
}

function inItem(field: DescField, value: JsonValue | undefined, path: string): FieldViolation | undefined {
  if (field.message && value !== undefined) return inMessage(field.message, value, path);
  if (!field.enum || typeof value !== 'string') return undefined;
  const isKnown = field.enum.values.some(({ name }) => name === value);
  return isKnown ? undefined : { field: path, description: `must be ${namesOf(field.enum)}` };
}
