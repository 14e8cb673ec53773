import { create, fromBinary, type JsonObject, toBinary, toJson } from '@bufbuild/protobuf';
import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { ListSessionsRequestSchema, SendRequestSchema } from '../../../gen/otp/v1/otp_service_pb.js';
import { invalidWellKnownValues } from '../../../server/contract/checkWellKnownTypes.js';

const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -70_000_000_000n, max: 400_000_000_000n }),
  fc.constantFrom(
    -62_135_596_800n,
    -62_135_596_801n,
    253_402_300_799n,
    253_402_300_800n,
    315_576_000_000n,
    315_576_000_001n,
    0n,
  ),
);
const nanos = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.constantFrom(0, 1, -1, 999_999_999, 1_000_000_000, -999_999_999, -1_000_000_000),
);

/** Whether a message can be written as JSON: the question that all later steps depend on. */
const writable = (write: () => unknown): boolean => {
  try {
    write();
    return true;
  } catch {
    return false;
  }
};

describe('values that binary messages can hold and JSON cannot', () => {
  test.prop([int64, nanos])('a time is refused exactly when it has no JSON form', (seconds, parts) => {
    const request = create(ListSessionsRequestSchema, { createdAfter: { seconds, nanos: parts } });
    const faults = [...invalidWellKnownValues(ListSessionsRequestSchema, request)];
    expect(faults.length === 0).toBe(writable(() => toJson(ListSessionsRequestSchema, request)));
    for (const { field } of faults) expect(field).toBe('created_after');
  });

  test.prop([int64, nanos])('a duration is refused exactly when it has no JSON form', (seconds, parts) => {
    const request = create(SendRequestSchema, { config: { lifetime: { seconds, nanos: parts } } });
    const faults = [...invalidWellKnownValues(SendRequestSchema, request)];
    expect(faults.length === 0).toBe(writable(() => toJson(SendRequestSchema, request)));
    for (const { field } of faults) expect(field).toBe('config.lifetime');
  });

  const number = fc.oneof(
    fc.double(),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  );
  const value = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      number,
      fc.constantFrom(null, true, 'NaN'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie('value'), { maxKeys: 3 }),
    ),
  })).value;

  test.prop([fc.dictionary(fc.string(), value, { maxKeys: 3 })])(
    'metadata is refused exactly when it has no JSON form',
    (metadata) => {
      const sent = create(SendRequestSchema, { metadata: metadata as JsonObject });
      const request = fromBinary(SendRequestSchema, toBinary(SendRequestSchema, sent));
      const faults = [...invalidWellKnownValues(SendRequestSchema, request)];
      expect(faults.length === 0).toBe(writable(() => toJson(SendRequestSchema, request)));
      for (const { field } of faults) expect(field).toBe('metadata');
    },
  );
});
