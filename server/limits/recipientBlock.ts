import { Failure } from '../errors.js';
import type { Clock } from '../platform/clock.js';
import { DAY_MS, HOUR_MS } from '../platform/durations.js';
import { SESSION_LIMITS } from '../session/limits.js';
import type { Document, Documents } from '../store/documents.js';
import { insertOnce } from '../store/insertOnce.js';

const WINDOW_MS = DAY_MS;
/** How many failures it takes, and for how many hours that one and the following block. */
const HOURS = [1, 2, 4, 8] as const;
const ANY_CODE = 20;
const SHORT_CODE = 5;
/** Failures that lead to the longest block. */
const LONGEST = ANY_CODE + HOURS.length - 1;
/**
 * Entries kept: enough to determine every running block. The newest LONGEST entries
 * are either all more recent than a running block began, and then the newest
 * one's own block outlasts it, or it began with one of them; and it takes
 * LONGEST entries, that one included, to determine how long it is.
 */
const KEPT = 2 * LONGEST - 2;

/** The failed guesses of one recipient, newest first, over all its sessions. */
interface FailureLog extends Document {
  readonly hits: readonly { readonly at: Date; readonly short: boolean }[];
  readonly purgeAt: Date;
}

/**
 * Blocks new sends to a recipient whose codes are being guessed: attempts are
 * limited per session, this budget goes across sessions and cannot be reset by
 * asking for a new code (NIST SP 800-63B-4, section 3.2.2).
 */
export interface RecipientBlock {
  /** Throws RECIPIENT_BLOCKED with the wait when any of the recipients is blocked. Open sessions go on. */
  check(partition: string, recipients: readonly string[]): Promise<void>;
  /** Records a wrong code for a recipient. */
  fail(partition: string, recipient: string, codeLength: number): Promise<void>;
  /** A right code at time `upTo` (milliseconds) clears the failures until then. */
  clear(partition: string, recipient: string, upTo: number): Promise<void>;
  /** How a recipient stands, by every fingerprint its failures may be recorded under. */
  standing(partition: string, fingerprints: readonly string[]): Promise<BlockStanding>;
  /** Clears all failures. */
  forget(partition: string, fingerprints: readonly string[]): Promise<void>;
}

/** The failures of the last 24 hours, as far as they are kept, and what they lead to. */
export interface BlockStanding {
  readonly failures: number;
  /** Those with codes under six digits. */
  readonly shortCodeFailures: number;
  /** Set while the recipient is blocked. */
  readonly blockedUntil?: Date;
}

export function createRecipientBlock(documents: Documents, clock: Clock): RecipientBlock {
  const logs = documents.collection<FailureLog>('limits');
  const keyOf = (partition: string, recipient: string) => `${partition}/recipient-block/${recipient}`;
  return {
    async check(partition, recipients) {
      const now = clock.now();
      const found = await Promise.all(
        [...new Set(recipients)].map((who) => logs.findOne({ _id: keyOf(partition, who) })),
      );
      const until = Math.max(0, ...found.map((log) => (log ? blockedUntil(log.hits) : 0)));
      if (until > now) throw new Failure('RECIPIENT_BLOCKED', { retryAfterMs: until - now });
    },

    async fail(partition, recipient, codeLength) {
      const now = clock.now();
      const _id = keyOf(partition, recipient);
      const hit = { at: new Date(now), short: codeLength < SESSION_LIMITS.shortCodeBelow };
      const purgeAt = new Date(now + WINDOW_MS);
      const append = () =>
        logs.findOneAndUpdate(
          { _id },
          { $push: { hits: { $each: [hit], $position: 0, $slice: KEPT } }, $set: { purgeAt } },
        );
      if (await append()) return;
      if (!(await insertOnce(logs, { _id, hits: [hit], purgeAt }))) await append();
    },

    async clear(partition, recipient, upTo) {
      await logs.findOneAndUpdate(
        { _id: keyOf(partition, recipient) },
        { $pull: { hits: { at: { $lte: new Date(upTo) } } } },
      );
    },

    async standing(partition, fingerprints) {
      const now = clock.now();
      const found = await Promise.all(
        fingerprints.map((who) => logs.findOne({ _id: keyOf(partition, who) })),
      );
      const recent = found
        .flatMap((log) => log?.hits ?? [])
        .filter(({ at }) => at.getTime() > now - WINDOW_MS);
      const until = Math.max(0, ...found.map((log) => (log ? blockedUntil(log.hits) : 0)));
      return {
        failures: recent.length,
        shortCodeFailures: recent.filter(({ short }) => short).length,
        ...(until > now && { blockedUntil: new Date(until) }),
      };
    },

    async forget(partition, fingerprints) {
      await Promise.all(fingerprints.map((who) => logs.deleteOne({ _id: keyOf(partition, who) })));
    },
  };
}

/** The time until which these failures block, milliseconds; 0 when they do not. */
function blockedUntil(hits: FailureLog['hits']): number {
  const times = (which: FailureLog['hits']) => which.map(({ at }) => at.getTime());
  return Math.max(
    blockOf(times(hits), ANY_CODE),
    blockOf(times(hits.filter(({ short }) => short)), SHORT_CODE),
  );
}

/**
 * Each failure blocks from its own time on, for as long as the number of
 * failures in the 24 hours up to it says; a later one of a quieter day ends
 * nothing.
 */
function blockOf(failures: readonly number[], threshold: number): number {
  const ends = failures.map((at) => {
    const count = failures.filter((other) => other <= at && other > at - WINDOW_MS).length;
    const hours = HOURS[Math.min(count - threshold, HOURS.length - 1)];
    return hours === undefined ? 0 : at + hours * HOUR_MS;
  });
  return Math.max(0, ...ends);
}
