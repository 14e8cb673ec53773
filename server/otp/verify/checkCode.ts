import type { ChannelName } from '../../domain/channels.js';
import { Failure } from '../../errors.js';
import type { Slot } from '../../fairness/fairPool.js';
import type { BudgetLimits } from '../../limits/recipientBudget/budgetLimits.js';
import type { RecipientBudget } from '../../limits/recipientBudget/recipientBudget.js';
import { accountOf, releaseSuccess } from '../../limits/recipientBudget/release.js';
import type { Clock } from '../../platform/clock.js';
import type { CodeHasher } from '../../secrets/hashing/codeHasher.js';
import { changedAt, changeGuarded } from '../../session/change.js';
import { SESSION_LIMITS } from '../../session/limits.js';
import { isOpen, OPEN, refusalOf, refuseFromTheFuture, SKEW_MS } from '../../session/status.js';
import type {
  StoredChannel,
  StoredRequest,
  StoredSession,
  StoredSuccess,
  StoredTransaction,
} from '../../session/stored.js';
import { consume } from '../../session/transitions/consume.js';
import { lock } from '../../session/transitions/lock.js';
import type { Collection } from '../../store/documents.js';
import { codeContext } from '../send/freshCodes.js';
import { awaitComparison } from './awaitComparison.js';

/** The result of one comparison, with the session after it. */
export interface Checked {
  readonly result: 'VERIFIED' | 'ALREADY_VERIFIED' | 'INVALID_CODE';
  readonly session: StoredSession;
}

/** Who asks for a comparison. */
export interface Asking {
  /** How a repeat of the same request is recognised. */
  readonly request: StoredRequest | undefined;
  /** Keyed digest of the session and a secret of the client; undefined where it shows none. */
  readonly by: string | undefined;
  /** Keyed digest of where the person is, where this call says so. */
  readonly source: string | undefined;
  /** What the code is given for; see requireOperation. */
  readonly transaction: StoredTransaction | undefined;
}

interface Deps {
  readonly sessions: Collection<StoredSession>;
  readonly hasher: CodeHasher;
  readonly budget: RecipientBudget;
  /** The limits on recipients in force for the session's workspace. */
  readonly limitsOf: (session: StoredSession) => Promise<BudgetLimits>;
  /** Names a check. */
  readonly newId: () => string;
  readonly clock: Clock;
}

/** Names the attempt of one comparison; see StoredCheck. */
interface Check {
  readonly check: string;
}

/** What pays for a comparison. */
interface Paid {
  /** Undefined where nothing has to: for a sandbox recipient. */
  readonly unit?: string;
  /** It was bought for this comparison, so it is not the one that came with the message. */
  readonly charged?: true;
}

/**
 * Checks one code of one channel: reserve an attempt, pay, compare, consume.
 *
 * The attempt is counted in its own atomic update before anything is compared,
 * so N parallel guesses are never more than the attempts there are. The same
 * update uses the comparison that the newest message brought; every further one
 * is bought from the recipient's budget before it is made. A right code is
 * consumed by an update guarded on the very hash it was compared with, so it is
 * accepted once and never after a resend replaced it. A crash between the steps
 * costs an attempt or a unit and nothing else.
 *
 * Throws the reason if no attempt can be reserved or paid for.
 */
export function createCheckCode({ sessions, hasher, budget, limitsOf, newId, clock }: Deps) {
  return async (
    slot: Slot,
    _id: string,
    channel: ChannelName,
    code: string,
    asking: Asking,
  ): Promise<Checked> => {
    const check = newId();
    const reserved = await reserve(_id, channel, check);
    if ('result' in reserved) return reserved;
    const stored = reserved.channels[channel];
    const compared = stored?.codeHash ?? '';
    // A code of the wrong length is wrong without hashing or paying; its attempt was counted all the same.
    if (code.length !== reserved.codeLength) {
      await returnPrepaid(reserved, channel);
      return reject(reserved);
    }
    const paid = await pay(reserved, channel, { ...asking, check });
    const context = codeContext(_id, channel, asking.transaction);
    const verify = () => hasher.verify(code, compared, context);
    const right = await compare(slot, verify, () => takeBack(reserved, channel, { ...paid, check }));
    return right ? accept(reserved, channel, compared, { ...asking, check, paid }) : reject(reserved);
  };

  /** Pays for the comparison before it is made. Without a unit the attempt is given back and nothing is compared. */
  async function pay(
    session: StoredSession,
    channel: ChannelName,
    { by, check }: Pick<Asking, 'by'> & Check,
  ): Promise<Paid> {
    if (session.uncounted) return {};
    const { paid = -1, unit } = session.channels[channel]!;
    if (paid >= 0 && unit !== undefined) return { unit };
    try {
      const bought = await budget.charge(accountOf(session, channel), by, await limitsOf(session));
      return { unit: bought, charged: true };
    } catch (thrown) {
      // Only the attempt: that a comparison was asked for and not made is no comparison to make later.
      if (thrown instanceof Failure && thrown.reason === 'RECIPIENT_BLOCKED')
        await giveBack(session._id, check);
      throw thrown;
    }
  }

  /**
   * Compares when the pool has a thread free. If the caller left before that,
   * nothing was compared, and what it took is taken back.
   */
  async function compare(
    slot: Slot,
    verify: () => Promise<boolean>,
    undo: () => Promise<void>,
  ): Promise<boolean> {
    let begun = false;
    try {
      return await slot.run(() => {
        begun = true;
        return verify();
      });
    } catch (thrown) {
      if (!begun) await undo();
      throw thrown;
    }
  }

  async function takeBack(session: StoredSession, channel: ChannelName, paid: Paid & Check): Promise<void> {
    if (paid.charged) {
      await budget.refund(accountOf(session, channel), paid.unit!);
      await giveBack(session._id, paid.check);
      return;
    }
    if (!(await returnPrepaid(session, channel, paid.check))) await giveBack(session._id, paid.check);
  }

  async function giveBack(_id: string, check: string): Promise<void> {
    await sessions.findOneAndUpdate(
      { _id, status: { $in: OPEN } },
      { $inc: { attemptsLeft: 1 }, $pull: { checks: { id: check } } },
    );
  }

  /**
   * Gives the comparison of the newest message back to it, with the attempt of a check
   * unless a resend has replaced that message. False where there was none to give.
   */
  async function returnPrepaid(
    session: StoredSession,
    channel: ChannelName,
    check?: string,
  ): Promise<boolean> {
    const { paid = -1, unit } = session.channels[channel]!;
    if (paid < 0 || unit === undefined) return false;
    const returned = await sessions.findOneAndUpdate(
      { _id: session._id, status: { $in: OPEN }, [`channels.${channel}.unit`]: unit },
      {
        $inc: { [`channels.${channel}.paid`]: 1, ...(check && { attemptsLeft: 1 }) },
        ...(check && { $pull: { checks: { id: check } } }),
      },
    );
    return returned !== null;
  }

  async function reserve(_id: string, channel: ChannelName, check: string): Promise<StoredSession | Checked> {
    for (;;) {
      const now = clock.now();
      const reserved = await sessions.findOneAndUpdate(
        {
          _id,
          status: { $in: OPEN },
          [`channels.${channel}.state`]: 'PENDING',
          createdAt: { $lte: new Date(now + SKEW_MS) },
          expiresAt: { $gt: new Date(now) },
          [`channels.${channel}.codeExpiresAt`]: { $gt: new Date(now) },
          attemptsLeft: { $gt: 0 },
        },
        {
          $set: changedAt(now),
          $inc: { attemptsLeft: -1, [`channels.${channel}.paid`]: -1 },
          // An accepted code takes it out again: what stays is a wrong code.
          $push: {
            checks: { $each: [{ id: check, channel, at: new Date(now) }], $slice: -SESSION_LIMITS.checks },
          },
        },
      );
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
  }

  async function accept(
    reserved: StoredSession,
    channel: ChannelName,
    codeHash: string,
    { request, by, source, paid, check }: Asking & Check & { readonly paid: Paid },
  ): Promise<Checked> {
    let success: StoredSuccess | undefined;
    let isOwn = false;
    const decide = (seen: StoredSession) => {
      const current = seen.channels[channel];
      isOwn = current?.verifiedCheck === check;
      if (isOwn) return undefined;
      // The same right code given twice at once, or a resend replaced the code while it was compared.
      if (isOpen(seen) && (current?.state === 'VERIFIED' || current?.codeHash !== codeHash)) return undefined;
      const now = clock.now();
      // Even with no attempts left: that of this comparison is reserved.
      const refusal = refusalOf({ ...seen, attemptsLeft: 1 }, now);
      if (refusal) throw new Failure(refusal);
      if (current) refuseOldCode(current, channel, now);
      success = seen.uncounted ? undefined : successOf(seen, channel, { by, source, paid });
      return consume(seen, { channel, codeHash, request, success, check }, now);
    };
    const consumed = await changeGuarded(sessions, reserved, decide).catch(async (thrown) => {
      if (!(thrown instanceof Failure) || thrown.reason !== 'STORE_UNAVAILABLE') throw thrown;
      // It may be consumed all the same, and nobody else would be given what it proves.
      const seen = await sessions.findOne({ _id: reserved._id });
      return seen ? changeGuarded(sessions, seen, decide) : undefined;
    });
    if (!consumed) throw new Failure('SESSION_NOT_FOUND');
    const { session, changed } = consumed;
    if (changed || isOwn) {
      await releaseNow(session, success);
      return { result: 'VERIFIED', session };
    }
    if (session.channels[channel]?.state !== 'VERIFIED') return reject(reserved);
    await giveBack(session._id, check);
    return { result: 'ALREADY_VERIFIED', session };
  }

  /**
   * Gives the units back at once where nobody waits for the event; it would do
   * the same later, and does where this fails.
   */
  async function releaseNow(session: StoredSession, success: StoredSuccess | undefined): Promise<void> {
    if (!success || session.notify) return;
    await releaseSuccess(budget, session, success, new Date(clock.now())).catch(() => {});
  }

  async function reject(reserved: StoredSession): Promise<Checked> {
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

/**
 * What a right code gives back: its own unit. All that its client bought in the
 * session only where the client proved by a secret to be the one that bought
 * them, and nobody else was given that secret: applications share one session
 * between all who ask for a number, so the wrong codes in it may be a stranger's.
 */
function successOf(
  seen: StoredSession,
  channel: ChannelName,
  { by, source = seen.source, paid }: Pick<Asking, 'by' | 'source'> & { readonly paid: Paid },
): StoredSuccess {
  const isOwn = paid.charged && by !== undefined && !seen.shared;
  return {
    recipient: accountOf(seen, channel).recipient,
    ...(isOwn ? { by } : paid.unit !== undefined && { unit: paid.unit }),
    ...(source !== undefined && { source }),
  };
}

/** The session goes on because of another channel's new code; this channel needs one of its own. */
function refuseOldCode({ codeExpiresAt }: StoredChannel, channel: ChannelName, now: number): void {
  if (codeExpiresAt.getTime() <= now) throw new Failure('SESSION_EXPIRED', { channel });
}
