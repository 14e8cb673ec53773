import type { DescField, DescMessage, JsonValue, Message } from '@bufbuild/protobuf';
import {
  type Duration,
  DurationSchema,
  StructSchema,
  type Timestamp,
  TimestampSchema,
} from '@bufbuild/protobuf/wkt';
import type { FieldViolation, Predicate } from '../errors.js';

/** The years 1 to 9999, and 10,000 years: the ranges of timestamp.proto and duration.proto. */
const FIRST = -62_135_596_800n;
const LAST = 253_402_300_799n;
const LONGEST = 315_576_000_000n;
const MOST_NANOS = 999_999_999;

/** What is wrong with a value of each type; undefined for a valid one. */
const FAULTS: Readonly<Record<string, (value: never) => Predicate | undefined>> = {
  [TimestampSchema.typeName]: ({ seconds, nanos }: Timestamp) =>
    seconds < FIRST || seconds > LAST || nanos < 0 || nanos > MOST_NANOS
      ? 'must be a time in the years 1 to 9999'
      : undefined,
  [DurationSchema.typeName]: ({ seconds, nanos }: Duration) => {
    const mixed = seconds !== 0n && nanos !== 0 && seconds > 0n !== nanos > 0;
    return seconds < -LONGEST || seconds > LONGEST || Math.abs(nanos) > MOST_NANOS || mixed
      ? 'must be a valid duration of at most 10,000 years'
      : undefined;
  },
  // In generated messages it is plain JSON.
  [StructSchema.typeName]: (json: JsonValue) =>
    isFiniteJson(json) ? undefined : 'must hold finite numbers only',
};

function isFiniteJson(json: JsonValue): boolean {
  if (typeof json === 'number') return Number.isFinite(json);
  return json === null || typeof json !== 'object' || Object.values(json).every(isFiniteJson);
}

/**
 * Finds invalid values of well-known types: times out of range, numbers that are
 * not finite. The JSON decoder refuses them, but the binary one does not, and no
 * later code expects them.
 */
export function* invalidWellKnownValues(
  { fields }: DescMessage,
  message: Message,
  path = '',
): Iterable<FieldViolation> {
  for (const field of fields) {
    if (field.fieldKind !== 'message') continue;
    const value = given(message, field);
    if (value === undefined) continue;
    const at = path + field.name;
    const description = FAULTS[field.message.typeName]?.(value as never);
    if (description) yield { field: at, description };
    else if (field.message.file.proto.package !== 'google.protobuf') {
      yield* invalidWellKnownValues(field.message, value as Message, `${at}.`);
    }
  }
}

function given(message: Message, { localName, oneof }: DescField): unknown {
  const values = message as unknown as Record<string, unknown>;
  if (!oneof) return values[localName];
  const chosen = values[oneof.localName] as { readonly case?: string; readonly value?: unknown };
  return chosen.case === localName ? chosen.value : undefined;
}
