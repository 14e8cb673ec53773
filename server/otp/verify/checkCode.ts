import type { ChannelName } from '../../domain/channels.js';
import { Failure } from '../../errors.js';
import type { RecipientBlock } from '../../limits/recipientBlock.js';
import type { Clock } from '../../platform/clock.js';
import type { CodeHasher } from '../../secrets/hashing/codeHasher.js';
import type { Slot } from '../../secrets/hashing/hashPool.js';
import { waitingOf } from '../../session/messages.js';
import { refusalOf } from '../../session/status.js';
import type { StoredChannel, StoredRequest, StoredSession } from '../../session/stored.js';
import { consumption } from '../../session/transitions/consume.js';
import { locking } from '../../session/transitions/lock.js';
import type { Collection } from '../../store/documents.js';
import { codeContext } from '../send/freshCodes.js';

/** What one comparison came to, with the session after it. */
export interface Checked {
  readonly result: 'VERIFIED' | 'ALREADY_VERIFIED' | 'INVALID_CODE';
  readonly session: StoredSession;
}

interface Parts {
  readonly sessions: Collection<StoredSession>;
  readonly hasher: CodeHasher;
  readonly block: RecipientBlock;
  readonly clock: Clock;
}

const OPEN = ['PENDING', 'PARTIAL'] as const;

/**
 * Checks one code of one channel: reserve an attempt, compare, consume.
 *
 * The attempt is counted in its own atomic update before anything is compared,
 * so N parallel guesses are never more than the attempts there are. A right
 * code is consumed by an update guarded on the very hash it was compared with,
 * so it is accepted once and never after a resend replaced it. A crash between
 * the steps costs an attempt and nothing else.
 *
 * Throws what is true of the session when no attempt can be reserved.
 */
export function createCheckCode({ sessions, hasher, block, clock }: Parts) {
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
    return right ? consume(reserved, channel, compared, request) : wrong(reserved, channel);
  };

  /** Compares when the turn has come. A caller who left while waiting for it gets the attempt back: nothing was compared. */
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
      // An attempt came back between the two calls: there is one to reserve now.
    }
  }

  async function consume(
    reserved: StoredSession,
    channel: ChannelName,
    compared: string,
    request: StoredRequest | undefined,
  ): Promise<Checked> {
    const { _id } = reserved;
    for (let seen: StoredSession | null = reserved; seen; seen = await sessions.findOne({ _id })) {
      const now = clock.now();
      const current: StoredSession['channels'][ChannelName] = seen.channels[channel];
      if (seen.status === 'PENDING' || seen.status === 'PARTIAL') {
        if (current?.state === 'VERIFIED') {
          // The same right code, given twice at once: its attempt comes back too.
          await giveBack(_id);
          return { result: 'ALREADY_VERIFIED', session: seen };
        }
        // A resend put a new code out while this one was compared.
        if (current?.codeHash !== compared) return wrong(reserved, channel);
      }
      // Whatever attemptsLeft says: this comparison's attempt is reserved.
      const refusal = refusalOf({ ...seen, attemptsLeft: 1 }, now);
      if (refusal) throw new Failure(refusal);
      if (current) refuseOldCode(current, channel, now);
      const consumed = await sessions.findOneAndUpdate(
        {
          _id,
          rev: seen.rev,
          status: { $in: OPEN },
          expiresAt: { $gt: new Date(now) },
          [`channels.${channel}.codeExpiresAt`]: { $gt: new Date(now) },
          [`channels.${channel}.codeHash`]: compared,
        },
        consumption(seen, channel, { now, request }),
      );
      if (consumed) return { result: 'VERIFIED', session: consumed };
    }
    throw new Failure('SESSION_NOT_FOUND');
  }

  async function wrong(reserved: StoredSession, channel: ChannelName): Promise<Checked> {
    const recipient = reserved.channels[channel]?.recipient ?? '';
    if (!reserved.uncounted) await block.fail(reserved.partition, recipient, reserved.codeLength);
    if (reserved.attemptsLeft <= 0) await markLocked(reserved);
    return { result: 'INVALID_CODE', session: reserved };
  }

  /** Whoever first finds that no attempts are left says so, once; a process that crashed on the last one left it to the next. */
  async function markLocked(found: StoredSession): Promise<void> {
    const { _id } = found;
    // Where none does, the rest of the document does not matter, and whoever loses the race is content.
    const waits = waitingOf(found.channels).length > 0;
    for (let seen: StoredSession | null = found; seen; seen = await sessions.findOne({ _id })) {
      const isOpen = seen.status === 'PENDING' || seen.status === 'PARTIAL';
      if (!isOpen || seen.attemptsLeft > 0 || seen.lockedAt) return;
      const locked = await sessions.findOneAndUpdate(
        {
          _id,
          status: { $in: OPEN },
          attemptsLeft: { $lte: 0 },
          lockedAt: null,
          ...(waits && { rev: seen.rev }),
        },
        locking(seen, clock.now()),
      );
      if (locked || !waits) return;
    }
  }
}

/** The session goes on because of another channel's new code; this channel needs one of its own. */
function refuseOldCode({ codeExpiresAt }: StoredChannel, channel: ChannelName, now: number): void {
  if (codeExpiresAt.getTime() <= now) throw new Failure('SESSION_EXPIRED', { channel });
}
