import type { DescField, DescMessage, JsonValue } from '@bufbuild/protobuf';
import type { FieldViolation } from '../errors.js';
import type { HttpRequest } from '../http/message.js';
import { shownName } from '../http/shownName.js';
import { isObject, isWellKnown } from './jsonFault.js';

/**
 * Whether JSON of this request may name fields that the contract does not have.
 * Generated Connect clients send this header (a parameter in a GET) and cannot misspell a field; for
 * them an unknown field is ignored as it is in binary, so that a newer client
 * works with an older server while an upgrade is rolled out.
 */
export const mayNameUnknownFields = ({ headers, url }: HttpRequest): boolean =>
  headers['connect-protocol-version'] !== undefined || /[?&]connect=v1(&|$)/.test(url ?? '');

/**
 * Finds the first field of a JSON text that the contract does not have, and
 * suggests the nearest one that it has. Undefined for a text that is not JSON:
 * the decoder reports that.
 */
export function findUnknownField(message: DescMessage, text: string): FieldViolation | undefined {
  try {
    return inMessage(message, JSON.parse(text), '');
  } catch {
    return undefined;
  }
}

function inMessage(message: DescMessage, json: JsonValue, path: string): FieldViolation | undefined {
  if (!isObject(json) || isWellKnown(message)) return undefined;
  for (const [key, value] of Object.entries(json)) {
    const field = message.fields.find(({ jsonName, name }) => jsonName === key || name === key);
    if (!field) return unknown(message, key, path);
    const fault = inField(field, value, path ? `${path}.${field.name}` : field.name);
    if (fault) return fault;
  }
  return undefined;
}

function inField(field: DescField, value: JsonValue, path: string): FieldViolation | undefined {
  if (!field.message) return undefined;
  if (field.fieldKind === 'message') return inMessage(field.message, value, path);
  const items =
    field.fieldKind === 'list' && Array.isArray(value)
      ? value.map((item, index) => [`[${index}]`, item] as const)
      : isObject(value)
        ? Object.entries(value).map(([key, item]) => [`["${key}"]`, item] as const)
        : [];
  for (const [at, item] of items) {
    const fault = inMessage(field.message, item, path + at);
    if (fault) return fault;
  }
  return undefined;
}

/** Longer names are not compared. */
const LONGEST = 64;

function unknown({ fields }: DescMessage, key: string, path: string): FieldViolation {
  const nearest = fields
    .map(({ jsonName }) => ({ jsonName, distance: distance(jsonName.toLowerCase(), key.toLowerCase()) }))
    .sort((one, other) => one.distance - other.distance)[0];
  const isNear = nearest !== undefined && nearest.distance <= Math.max(2, key.length / 3);
  const name = shownName(key);
  return {
    field: [path, name].filter(Boolean).join('.') || 'body',
    description: isNear
      ? `is not a field of the contract; the nearest is ${nearest.jsonName}`
      : name
        ? 'is not a field of the contract'
        : 'has a field that is not in the contract',
  };
}

/** How many letters have to be changed, added or removed to turn one word into the other (Levenshtein). */
function distance(one: string, other: string): number {
  if (other.length > LONGEST) return other.length;
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j++) {
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (letter === other[j] ? 0 : 1)));
    }
    row = next;
  }
  return row[other.length]!;
}
