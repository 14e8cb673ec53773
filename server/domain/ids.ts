import { parse, stringify, v7 } from 'uuid';
import type { Clock } from '../platform/clock.js';
import type { Random } from '../platform/random.js';
import { CROCKFORD_LENGTH, fromCrockford, toCrockford } from './crockford.js';

/**
 * One id, two spellings: 128 bits of UUIDv7 (RFC 9562 section 5.7), written as
 * lower case UUID text or as `otp_` and 26 Crockford characters. Both sort by
 * the millisecond in which the id was made. Everywhere inside, an id is its
 * UUID text.
 */
const PREFIX = 'otp_';
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * Makes the ids of one process, which sort in the order in which they were made:
 * within a millisecond each counts on from the one before (RFC 9562 section 6.2,
 * method 1), so that lists by id are lists by age. Unpredictable all the same:
 * a millisecond's count begins at random, and 42 more bits are random in each id.
 */
export function createIds(clock: Pick<Clock, 'now'>, random: Random): () => string {
  let millisecond = Number.NaN;
  let seq = 0;
  return () => {
    const now = clock.now();
    // The first bit stays free, so that counting on never runs over.
    seq = now === millisecond ? seq + 1 : random.int(2 ** 31);
    millisecond = now;
    return v7({ msecs: now, seq, random: random.bytes(16) });
  };
}

/** The smallest id of a millisecond: every id made then or later sorts at or after it. */
export function firstIdAt(ms: number): string {
  const time = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}

/** The millisecond in which an id was made. */
export const timeOfId = (id: string): number => Number.parseInt(id.replace('-', '').slice(0, 12), 16);

/** The id as 26 Crockford characters, upper case. */
export const idToCrockford = (id: string): string => toCrockford(parse(id));

/** The id that 26 Crockford characters of either case stand for; undefined for anything else. */
export function crockfordToId(text: string): string | undefined {
  const bytes = text.length === CROCKFORD_LENGTH ? fromCrockford(text) : undefined;
  if (!bytes || bytes[6]! >>> 4 !== 7 || bytes[8]! >>> 6 !== 2) return undefined;
  return stringify(bytes);
}

/** The id as `otp_` and 26 characters. */
export const idToOtp = (id: string): string => PREFIX + idToCrockford(id);

/**
 * Reads an id in either spelling and either case (the prefix is lower case) and
 * returns its UUID text; undefined for everything else, other versions of UUID
 * included, because none of them can be an id of ours.
 */
export function parseId(text: string): string | undefined {
  if (text.startsWith(PREFIX)) return crockfordToId(text.slice(PREFIX.length));
  const id = text.toLowerCase();
  return UUID_V7.test(id) ? id : undefined;
}
