import type { ChannelName } from '../../domain/channels.js';
import type { Mode } from '../../domain/mode.js';
import { Failure } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import { changedAt, changeGuarded } from '../../session/change.js';
import { SESSION_LIMITS } from '../../session/limits.js';
import { paidPath } from '../../session/prepaid.js';
import { isOpen, OPEN, refusalOf, refuseFromTheFuture, SKEW_MS } from '../../session/status.js';
import type { StoredChannel, StoredSession } from '../../session/stored.js';
import { lock } from '../../session/transitions/lock.js';
import type { Collection } from '../../store/documents.js';
import { awaitComparison } from './awaitComparison.js';

/** The result of one comparison, with the session after it. */
export interface Checked {
  readonly result: 'VERIFIED' | 'ALREADY_VERIFIED' | 'INVALID_CODE';
  readonly session: StoredSession;
}

/** A session of which only the id is known. */
export interface Unread {
  readonly _id: string;
  /** The mode that the session must have; undefined where either will do. */
  readonly mode: Mode | undefined;
  /** The channel that the code was given for; undefined where none was named. */
  readonly channel: ChannelName | undefined;
}

/** Reserves attempts, each in its own atomic update, before anything is compared. */
export interface Reserve {
  /** The session with the attempt reserved. Throws the reason where none can be. */
  of(seen: StoredSession, channel: ChannelName, check: string): Promise<StoredSession | Checked>;
  /**
   * The same without reading the session first, which the update allows where
   * there is one channel only. Null where none was reserved, and then the caller finds out why.
   */
  unread(session: Unread, check: string): Promise<StoredSession | null>;
  /** Records that no attempts are left, once; a process that crashed on the last one left it to the next. */
  markLocked(found: StoredSession): Promise<void>;
}

export function createReserve(sessions: Collection<StoredSession>, clock: Clock): Reserve {
  /** What every reservation relies on, and what it changes. An accepted code takes its check out again. */
  const conditions = (now: number) => ({
    createdAt: { $lte: new Date(now + SKEW_MS) },
    expiresAt: { $gt: new Date(now) },
    attemptsLeft: { $gt: 0 },
  });
  const taking = (
    paid: string,
    check: { readonly id: string; readonly channel?: ChannelName },
    now: number,
  ) => ({
    $set: changedAt(now),
    $inc: { attemptsLeft: -1, [paid]: -1 },
    $push: { checks: { $each: [{ ...check, at: new Date(now) }], $slice: -SESSION_LIMITS.checks } },
  });

  async function markLocked(found: StoredSession): Promise<void> {
    await changeGuarded(sessions, found, (seen) =>
      isOpen(seen) && seen.attemptsLeft <= 0 && !seen.lockedAt ? lock(seen, clock.now()) : undefined,
    );
  }

  return {
    markLocked,

    async of(read, channel, check) {
      const { _id } = read;
      // With no attempts left there was none to reserve: first the comparison of the last one has to end.
      for (let maySucceed = read.attemptsLeft > 0; ; maySucceed = true) {
        const now = clock.now();
        const reserved =
          maySucceed &&
          (await sessions.findOneAndUpdate(
            {
              _id,
              status: { $in: OPEN },
              [`channels.${channel}.state`]: 'PENDING',
              ...conditions(now),
              [`channels.${channel}.codeExpiresAt`]: { $gt: new Date(now) },
            },
            taking(paidPath(read, channel), { id: check, channel }, now),
          ));
        if (reserved) return reserved;
        const found = await sessions.findOne({ _id });
        const seen = found && (await awaitComparison(sessions, found));
        if (!seen) throw new Failure('SESSION_NOT_FOUND');
        refuseFromTheFuture(seen, now);
        const refusal = refusalOf(seen, now);
        if (refusal === 'ATTEMPTS_EXHAUSTED') await markLocked(seen);
        if (refusal) throw new Failure(refusal);
        const current = seen.channels[channel];
        if (!current) throw new Failure('CHANNEL_NOT_IN_SESSION', { channel });
        if (current.state === 'VERIFIED') return { result: 'ALREADY_VERIFIED', session: seen };
        refuseOldCode(current, channel, now);
        // An attempt was given back between the two calls: there is one to reserve now.
      }
    },

    unread({ _id, mode, channel }, check) {
      const now = clock.now();
      return sessions.findOneAndUpdate(
        {
          _id,
          only: channel ?? { $exists: true },
          // Its only channel is then not verified, and its code expires with the session.
          status: 'PENDING',
          ...(mode !== undefined && { mode }),
          ...conditions(now),
        },
        taking('paid', { id: check }, now),
      );
    },
  };
}

/** The session goes on because of another channel's new code; this channel needs one of its own. */
export function refuseOldCode({ codeExpiresAt }: StoredChannel, channel: ChannelName, now: number): void {
  if (codeExpiresAt.getTime() <= now) throw new Failure('SESSION_EXPIRED', { channel });
}
