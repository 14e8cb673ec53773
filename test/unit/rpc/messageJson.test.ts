import { create, type DescField, type DescMessage, ScalarType, toJsonString } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SessionSchema, SessionStatus } from '../../../gen/otp/v1/session_pb.js';
import { contractSet } from '../../../server/contract/contractSet.js';
import { messageJson } from '../../../server/rpc/messageJson.js';

type Value = fc.Arbitrary<unknown>;

const STRING = fc.string({ unit: 'binary', maxLength: 8 });
const WELL_KNOWN: Readonly<Record<string, Value>> = {
  'google.protobuf.Timestamp': fc.record({
    seconds: fc.bigInt({ min: -62_135_596_800n, max: 253_402_300_799n }),
    nanos: fc.oneof(
      fc.constant(0),
      fc.nat(999).map((ms) => ms * 1_000_000),
      fc.nat(999_999_999),
    ),
  }),
  'google.protobuf.Duration': fc.record({ seconds: fc.bigInt({ min: 0n, max: 99_999n }), nanos: fc.nat(9) }),
  'google.protobuf.Struct': fc.dictionary(STRING, fc.oneof(STRING, fc.integer(), fc.constant(null)), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
  'google.protobuf.FieldMask': fc.constant({ paths: ['purpose', 'code_length'] }),
};

const SCALARS: ReadonlyMap<ScalarType, Value> = new Map<ScalarType, Value>([
  [ScalarType.STRING, fc.oneof(STRING, fc.constantFrom('', ' ', '0', '0.0'))],
  [ScalarType.BOOL, fc.boolean()],
  [ScalarType.BYTES, fc.uint8Array({ maxLength: 4 })],
  [ScalarType.INT64, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [ScalarType.DOUBLE, fc.double()],
]);

const value = ({ message, enum: names, scalar }: DescField, depth: number): Value =>
  message
    ? initOf(message, depth - 1)
    : names
      ? fc.oneof(fc.constantFrom(...names.values.map(({ number }) => number)), fc.constant(99))
      : (SCALARS.get(scalar!) ?? fc.nat(3));

/** What `create` takes for a message of the contract, some fields left out. */
function initOf(message: DescMessage, depth: number): Value {
  const known = WELL_KNOWN[message.typeName];
  if (known) return known;
  const of = (field: DescField): Value => {
    if (field.fieldKind === 'list') return fc.array(value(field, depth), { maxLength: 2 });
    if (field.fieldKind === 'map')
      return fc.dictionary(STRING, value(field, depth), { maxKeys: 2, noNullPrototype: true });
    return value(field, depth);
  };
  const fields = message.fields.filter(
    (field) => field.oneof === undefined && (depth > 0 || !field.message || field.fieldKind !== 'message'),
  );
  const shallow = depth > 0 ? fields : fields.filter((field) => !field.message);
  return fc.record(Object.fromEntries(shallow.map((field) => [field.localName, of(field)])), {
    requiredKeys: [],
    noNullPrototype: true,
  });
}

const responses = [
  ...new Map(
    [...contractSet]
      .filter((type) => type.kind === 'service')
      .flatMap(({ methods }) => methods.map(({ output }) => [output.typeName, output] as const)),
  ).values(),
];

describe('the JSON of a message', () => {
  it.each(responses.map((message) => [message.typeName, message] as const))(
    'of the type %s is that of protobuf-es, for any values of its fields',
    (_name, message) => {
      fc.assert(
        fc.property(initOf(message, 3), (init) => {
          const theirs = toJsonString(message, create(message, init as Record<string, unknown>));
          expect(JSON.stringify(messageJson(message, init as object))).toBe(theirs);
        }),
        { numRuns: 10 },
      );
    },
  );

  it('is that of a message made already, too', () => {
    const session = create(SessionSchema, {
      id: 's',
      status: SessionStatus.PENDING,
      createdAt: timestampFromMs(1_700_000_000_120),
      metadata: { a: [1, { b: null }] },
    });
    expect(JSON.stringify(messageJson(SessionSchema, session))).toBe(toJsonString(SessionSchema, session));
  });
});
