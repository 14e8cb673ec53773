import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt';
import { z } from 'zod';

/** A word that must be there. */
export const text = (max: number) => z.string().min(1).max(max);

/** Whole seconds from `now` (milliseconds) until a time, a begun second counting; 0 once it has passed. */
export const secondsUntil = (time: Timestamp, now: number): number =>
  Math.max(0, Math.ceil((timestampMs(time) - now) / 1000));
