import {
  type DescField,
  type DescMessage,
  type DescMethod,
  fromJson,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf';
import type { Chooser } from './chooser.js';
import { junkValue, junkWord } from './junk.js';
import type { Known } from './shaped.js';

/** A request of a method as JSON: of the right shape, with values that may mean something. */
export const requestOf = (method: DescMethod, known: Known, choose: Chooser): Record<string, unknown> =>
  message(method.input, method.name, known, choose, 0);

/** The same in binary, as far as it can be said there. */
export function encodedRequest(method: DescMethod, known: Known, choose: Chooser): Buffer {
  for (let attempts = 0; attempts < 20; attempts++) {
    try {
      const json = requestOf(method, known, choose) as Parameters<typeof fromJson>[1];
      return Buffer.from(toBinary(method.input, fromJson(method.input, json, { ignoreUnknownFields: true })));
    } catch {
      // Some of its values cannot be said in binary.
    }
  }
  return Buffer.alloc(0);
}

const WELL_KNOWN: Readonly<Record<string, readonly unknown[]>> = {
  'google.protobuf.Timestamp': ['2030-01-15T12:00:00Z', '2029-12-31T23:59:59.999Z', '9999-12-31T23:59:59Z'],
  'google.protobuf.Duration': ['300s', '60s', '0s', '1.5s', '-1s', '315576000000s'],
  'google.protobuf.FieldMask': ['', 'max', 'brand', 'displayName,scopes', 'enabled,prices', 'a.b'],
};

function message(
  desc: DescMessage,
  method: string,
  known: Known,
  choose: Chooser,
  depth: number,
): Record<string, unknown> {
  const fields = desc.fields.filter(() => choose.chance(depth > 3 ? 10 : 60));
  return Object.fromEntries(
    fields.map((field) => [field.jsonName, valueFor(field, method, known, choose, depth)]),
  );
}

function valueFor(field: DescField, method: string, known: Known, choose: Chooser, depth: number): unknown {
  const familiar = known[`${method}.${field.jsonName}`] ?? known[field.jsonName];
  if (familiar && choose.chance(85)) return choose.pick(familiar);
  const one = () => single(field, method, known, choose, depth);
  switch (field.fieldKind) {
    case 'list':
      return Array.from({ length: choose.int(4) }, one);
    case 'map':
      return Object.fromEntries(
        Array.from({ length: choose.int(3) }, () => [
          choose.pick(['email', 'sms', 'k', junkWord(choose)]),
          one(),
        ]),
      );
    default:
      return one();
  }
}

function single(field: DescField, method: string, known: Known, choose: Chooser, depth: number): unknown {
  if (field.message) {
    if (field.message.typeName === 'google.protobuf.Struct')
      return { a: junkValue(choose), b: junkWord(choose) };
    const familiar = WELL_KNOWN[field.message.typeName];
    return familiar ? choose.pick(familiar) : message(field.message, method, known, choose, depth + 1);
  }
  if (field.enum) return choose.pick([...field.enum.values.map(({ name }) => name), 0, 99, -1]);
  switch (field.scalar) {
    case ScalarType.BOOL:
      return choose.chance(50);
    case ScalarType.STRING:
      return choose.chance(50) ? junkWord(choose) : 'a'.repeat(choose.pick([0, 1, 20, 64, 129]));
    default:
      return choose.pick([0, 1, 2, 3, 5, 10, 100, -1, 2 ** 31 - 1, '9007199254740993', 1_000_000]);
  }
}
