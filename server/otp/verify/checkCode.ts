import type { ChannelName } from '../../domain/channels.js';
import { Failure } from '../../errors.js';
import type { Slot } from '../../fairness/fairPool.js';
import type { RecipientBlock } from '../../limits/recipientBlock.js';
import type { Clock } from '../../platform/clock.js';
import type { CodeHasher } from '../../secrets/hashing/codeHasher.js';
import { changeGuarded } from '../../session/change.js';
import { isOpen, OPEN, refusalOf } from '../../session/status.js';
import type { StoredChannel, StoredRequest, StoredSession } from '../../session/stored.js';
import { consume } from '../../session/transitions/consume.js';
import { lock } from '../../session/transitions/lock.js';
import type { Collection } from '../../store/documents.js';
import { codeContext } from '../send/freshCodes.js';

/** The result of one comparison, with the session after it. */
export interface Checked {
  readonly result: 'VERIFIED' | 'ALREADY_VERIFIED' | 'INVALID_CODE';
  readonly session: StoredSession;
}

interface Deps {
  readonly sessions: Collection<StoredSession>;
  readonly hasher: CodeHasher;
  readonly block: RecipientBlock;
  readonly clock: Clock;
}

/**
 * Checks one code of one channel: reserve an attempt, compare, consume.
 *
 * The attempt is counted in its own atomic update before anything is compared,
 * so N parallel guesses are never more than the attempts there are. A right
 * code is consumed by an update guarded on the very hash it was compared with,
 * so it is accepted once and never after a resend replaced it. A crash between
 * the steps costs an attempt and nothing else.
 *
 * Throws the reason if no attempt can be reserved.
 */
export function createCheckCode({ sessions, hasher, block, clock }: Deps) {
  return async (
    slot: Slot,
    _id: string,
    channel: ChannelName,
    code: string,
    request: StoredRequest | undefined,
  ): Promise<Checked> => {
    const reserved = await reserve(_id, channel);
    if ('result' in reserved) return reserved;
    const compared = reserved.channels[channel]?.codeHash ?? '';
    // A code of the wrong length is wrong without hashing; it was counted all the same.
    const right =
      code.length === reserved.codeLength &&
      (await compare(slot, _id, () => hasher.verify(code, compared, codeContext(_id, channel))));
    return right ? accept(reserved, channel, compared, request) : reject(reserved, channel);
  };

  /**
   * Compares when the pool has a thread free. If the caller left before that,
   * the attempt is given back: nothing was compared.
   */
  async function compare(slot: Slot, _id: string, verify: () => Promise<boolean>): Promise<boolean> {
    let begun = false;
    try {
      return await slot.run(() => {
        begun = true;
        return verify();
      });
    } catch (thrown) {
      if (!begun) await giveBack(_id);
      throw thrown;
    }
  }

  async function giveBack(_id: string): Promise<void> {
    await sessions.findOneAndUpdate({ _id, status: { $in: OPEN } }, { $inc: { attemptsLeft: 1 } });
  }

  async function reserve(_id: string, channel: ChannelName): Promise<StoredSession | Checked> {
    for (;;) {
      const now = clock.now();
      const reserved = await sessions.findOneAndUpdate(
        {
          _id,
          status: { $in: OPEN },
          [`channels.${channel}.state`]: 'PENDING',
          expiresAt: { $gt: new Date(now) },
          [`channels.${channel}.codeExpiresAt`]: { $gt: new Date(now) },
          attemptsLeft: { $gt: 0 },
        },
        { $inc: { attemptsLeft: -1 } },
      );
      if (reserved) return reserved;
      const seen = await sessions.findOne({ _id });
      if (!seen) throw new Failure('SESSION_NOT_FOUND');
      const refusal = refusalOf(seen, now);
      if (refusal === 'ATTEMPTS_EXHAUSTED') await markLocked(seen);
      if (refusal) throw new Failure(refusal);
      const current = seen.channels[channel];
      if (!current) throw new Failure('CHANNEL_NOT_IN_SESSION', { channel });
      if (current.state === 'VERIFIED') return { result: 'ALREADY_VERIFIED', session: seen };
      refuseOldCode(current, channel, now);
      // An attempt was given back between the two calls: there is one to reserve now.
    }
  }

  async function accept(
    reserved: StoredSession,
    channel: ChannelName,
    codeHash: string,
    request: StoredRequest | undefined,
  ): Promise<Checked> {
    const consumed = await changeGuarded(sessions, reserved, (seen) => {
      const current = seen.channels[channel];
      // The same right code given twice at once, or a resend replaced the code while it was compared.
      if (isOpen(seen) && (current?.state === 'VERIFIED' || current?.codeHash !== codeHash)) return undefined;
      const now = clock.now();
      // Even with no attempts left: that of this comparison is reserved.
      const refusal = refusalOf({ ...seen, attemptsLeft: 1 }, now);
      if (refusal) throw new Failure(refusal);
      if (current) refuseOldCode(current, channel, now);
      return consume(seen, { channel, codeHash, request }, now);
    });
    if (!consumed) throw new Failure('SESSION_NOT_FOUND');
    const { session, changed } = consumed;
    if (changed) return { result: 'VERIFIED', session };
    if (session.channels[channel]?.state !== 'VERIFIED') return reject(reserved, channel);
    await giveBack(session._id);
    return { result: 'ALREADY_VERIFIED', session };
  }

  async function reject(reserved: StoredSession, channel: ChannelName): Promise<Checked> {
    const recipient = reserved.channels[channel]?.recipient ?? '';
    if (!reserved.uncounted) await block.fail(reserved.partition, recipient, reserved.codeLength);
    if (reserved.attemptsLeft <= 0) await markLocked(reserved);
    return { result: 'INVALID_CODE', session: reserved };
  }

  /**
   * The first to find that no attempts are left records it; a process that
   * crashed on the last one left it to the next.
   */
  async function markLocked(found: StoredSession): Promise<void> {
    await changeGuarded(sessions, found, (seen) =>
      isOpen(seen) && seen.attemptsLeft <= 0 && !seen.lockedAt ? lock(seen, clock.now()) : undefined,
    );
  }
}

/** The session goes on because of another channel's new code; this channel needs one of its own. */
function refuseOldCode({ codeExpiresAt }: StoredChannel, channel: ChannelName, now: number): void {
  if (codeExpiresAt.getTime() <= now) throw new Failure('SESSION_EXPIRED', { channel });
}
