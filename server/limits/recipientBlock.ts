import type { Clock } from '../clock.js';
import { SESSION_LIMITS } from '../domain/sessionLimits.js';
import { Failure } from '../errors.js';
import { type Document, type Documents, DuplicateKey } from '../store/documents.js';

const HOUR = 3_600_000;
const WINDOW = 24 * HOUR;
/** How many failures it takes, and for how many hours that one and the following block. */
const HOURS = [1, 2, 4, 8] as const;
const ANY_CODE = 20;
const SHORT_CODE = 5;
/** Enough entries for the longest block; older ones change nothing. */
const KEPT = 32;

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
      const purgeAt = new Date(now + WINDOW);
      const append = () =>
        logs.findOneAndUpdate(
          { _id },
          { $push: { hits: { $each: [hit], $position: 0, $slice: KEPT } }, $set: { purgeAt } },
        );
      if (await append()) return;
      try {
        await logs.insertOne({ _id, hits: [hit], purgeAt });
      } catch (error) {
        if (!(error instanceof DuplicateKey)) throw error;
        await append();
      }
    },

    async clear(partition, recipient, upTo) {
      await logs.findOneAndUpdate(
        { _id: keyOf(partition, recipient) },
        { $pull: { hits: { at: { $lte: new Date(upTo) } } } },
      );
    },
  };
}

/** The time until which these failures block, milliseconds; 0 when they do not. */
export function blockedUntil(hits: FailureLog['hits']): number {
  return Math.max(
    blockOf(hits, ANY_CODE),
    blockOf(
      hits.filter((hit) => hit.short),
      SHORT_CODE,
    ),
  );
}

/** From the newest failure on, as long as the number of failures in the 24 hours before it says. */
function blockOf(hits: FailureLog['hits'], threshold: number): number {
  const newest = hits[0]?.at.getTime() ?? 0;
  const count = hits.filter((hit) => hit.at.getTime() > newest - WINDOW).length;
  if (count < threshold) return 0;
  const hours = HOURS[Math.min(count - threshold, HOURS.length - 1)] ?? 0;
  return newest + hours * HOUR;
}
