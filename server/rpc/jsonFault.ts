import {
  type DescEnum,
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  ScalarType,
} from '@bufbuild/protobuf';
import type { FieldViolation } from '../errors.js';

/**
 * Finds the field because of which a JSON text cannot be decoded as a message.
 * The decoder's own error is not used because it quotes the value, which may be a
 * code or an address. Undefined for a text that decodes.
 */
export function findJsonFault(message: DescMessage, text: string): FieldViolation | undefined {
  let json: JsonValue;
  try {
    json = JSON.parse(text);
  } catch {
    return { field: 'body', description: 'is not JSON' };
  }
  return inMessage(message, json, '');
}

const decodes = (message: DescMessage, json: JsonValue): boolean => {
  try {
    fromJson(message, json, { ignoreUnknownFields: true });
    return true;
  } catch {
    return false;
  }
};

function inMessage(message: DescMessage, json: JsonValue, path: string): FieldViolation | undefined {
  if (decodes(message, json)) return undefined;
  if (isWellKnown(message) || !isObject(json))
    return { field: path, description: `must be ${kindOf(message)}` };
  for (const [key, value] of Object.entries(json)) {
    const field = message.fields.find(({ jsonName, name }) => jsonName === key || name === key);
    if (!field || decodes(message, { [key]: value })) continue;
    return inField(field, value, path ? `${path}.${field.name}` : field.name);
  }
  return { field: path, description: 'sets a field twice, or two fields of which only one may be set' };
}

function inField(field: DescField, value: JsonValue, path: string): FieldViolation {
  if (field.fieldKind === 'message') return inMessage(field.message, value, path) ?? wrong(field, path);
  if (field.fieldKind === 'list' && field.listKind === 'message' && Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const fault = inMessage(field.message, item, `${path}[${index}]`);
      if (fault) return fault;
    }
  }
  return wrong(field, path);
}

const wrong = (field: DescField, path: string): FieldViolation => ({
  field: path,
  description: `must be ${typeOf(field)}`,
});

function typeOf(field: DescField): string {
  switch (field.fieldKind) {
    case 'list':
      return 'a list of the right type';
    case 'map':
      return 'an object with values of the right type';
    case 'enum':
      return namesOf(field.enum);
    case 'message':
      return kindOf(field.message);
    case 'scalar':
      return field.scalar === ScalarType.STRING
        ? 'a string'
        : field.scalar === ScalarType.BOOL
          ? 'true or false'
          : 'a number';
  }
}

/** The names of an enum's values, for an error message. */
export const namesOf = ({ values }: DescEnum): string =>
  `one of ${values.map(({ name }) => name).join(', ')}`;

function kindOf({ typeName }: DescMessage): string {
  switch (typeName) {
    case 'google.protobuf.Timestamp':
      return 'an RFC 3339 time, such as "2030-01-31T12:00:00Z"';
    case 'google.protobuf.Duration':
      return 'seconds with an "s", such as "300s"';
    default:
      return 'an object';
  }
}

export const isObject = (json: JsonValue): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

/** Whether a message has a special JSON form. */
export const isWellKnown = ({ file }: DescMessage): boolean => file.proto.package === 'google.protobuf';
