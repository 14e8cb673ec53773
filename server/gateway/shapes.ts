import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt';
import { z } from 'zod';
import { ERRORS, type Reason } from '../errors.js';

/** A word that must be there. */
export const text = (max: number) => z.string().min(1).max(max);

/** Why a call was refused. */
export const reason = z.enum(Object.keys(ERRORS) as [Reason, ...Reason[]]).meta({
  id: 'Reason',
  description: 'A stable word to decide by. New ones may come: handle an unknown one by its status.',
});

/** A field that may be left out; `null` means the same. */
export const optional = <S extends z.ZodType>(shape: S) =>
  shape.nullish().transform((value) => value ?? undefined);

/** Of fields that may each be left out one must be given, as a schema says it. */
export const oneGiven = (...names: readonly string[]) => ({
  anyOf: names.map((name) => ({ required: [name], properties: { [name]: { type: 'string' } } })),
});

/** Whole seconds from `now` (milliseconds) until a time, a begun second counting; 0 once it has passed. */
export const secondsUntil = (time: Timestamp, now: number): number =>
  Math.max(0, Math.ceil((timestampMs(time) - now) / 1000));
