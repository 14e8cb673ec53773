import type { ChannelName } from '../../domain/channels.js';
import { Failure } from '../../errors.js';
import type { Slot } from '../../fairness/fairPool.js';
import type { Guard } from '../../guard/guard.js';
import type { BudgetLimits } from '../../limits/recipientBudget/budgetLimits.js';
import type { RecipientBudget } from '../../limits/recipientBudget/recipientBudget.js';
import { accountOf, releaseSuccess } from '../../limits/recipientBudget/release.js';
import type { Clock } from '../../platform/clock.js';
import type { CodeHasher } from '../../secrets/hashing/codeHasher.js';
import { changeGuarded } from '../../session/change.js';
import { eventsDue } from '../../session/history.js';
import { paidOf, paidPath } from '../../session/prepaid.js';
import { isOpen, OPEN, refusalOf } from '../../session/status.js';
import type { StoredRequest, StoredSession, StoredTransaction } from '../../session/stored.js';
import type { StoredSuccess } from '../../session/storedEvents.js';
import { consume } from '../../session/transitions/consume.js';
import { workspaceOf } from '../../store/documentId.js';
import type { Collection } from '../../store/documents.js';
import { codeContext } from '../send/freshCodes.js';
import { type Checked, createReserve, refuseOldCode, type Unread } from './reserve.js';

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

/** Checks one code of one channel. Throws the reason if no attempt can be reserved or paid for. */
export interface CheckCode {
  of(slot: Slot, seen: StoredSession, channel: ChannelName, code: string, asking: Asking): Promise<Checked>;
  /** The same for a session that was not read; undefined where that is not possible, and then nothing was counted. */
  unread(
    slot: Slot,
    session: Unread,
    code: string,
    asking: Asking,
  ): Promise<(Checked & { readonly channel: ChannelName }) | undefined>;
}

interface Deps {
  readonly sessions: Collection<StoredSession>;
  readonly hasher: CodeHasher;
  readonly budget: RecipientBudget;
  readonly guard: Pick<Guard, 'watches'>;
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
export function createCheckCode({
  sessions,
  hasher,
  budget,
  guard,
  limitsOf,
  newId,
  clock,
}: Deps): CheckCode {
  const reserve = createReserve(sessions, clock);

  async function decide(
    slot: Slot,
    reserved: StoredSession,
    channel: ChannelName,
    { code, check, ...asking }: Asking & Check & { readonly code: string },
  ): Promise<Checked> {
    const { _id } = reserved;
    const stored = reserved.channels[channel];
    const compared = stored?.codeHash ?? '';
    // A code of the wrong length is wrong without hashing or paying; its attempt was counted all the same.
    if (code.length !== reserved.codeLength) {
      await returnPrepaid(reserved, channel);
      return reject(reserved);
    }
    const paid = await pay(reserved, channel, { check, ...asking });
    const context = codeContext(_id, channel, asking.transaction);
    const verify = () => hasher.verify(code, compared, context);
    const right = await compare(slot, verify, () => takeBack(reserved, channel, { ...paid, check }));
    return right ? accept(reserved, channel, compared, { check, paid, ...asking }) : reject(reserved);
  }

  return {
    async of(slot, seen, channel, code, asking) {
      const check = newId();
      const reserved = await reserve.of(seen, channel, check);
      return 'result' in reserved ? reserved : decide(slot, reserved, channel, { code, check, ...asking });
    },

    async unread(slot, session, code, asking) {
      const check = newId();
      const reserved = await reserve.unread(session, check);
      if (!reserved?.only) return undefined;
      const checked = await decide(slot, reserved, reserved.only, { code, check, ...asking });
      return { channel: reserved.only, ...checked };
    },
  };

  /** Pays for the comparison before it is made. Without a unit the attempt is given back and nothing is compared. */
  async function pay(
    session: StoredSession,
    channel: ChannelName,
    { by, check }: Pick<Asking, 'by'> & Check,
  ): Promise<Paid> {
    if (session.uncounted) return {};
    const { unit } = session.channels[channel]!;
    if (paidOf(session, channel) >= 0 && unit !== undefined) return { unit };
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
    await sessions.updateOne(
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
    const { unit } = session.channels[channel]!;
    if (paidOf(session, channel) < 0 || unit === undefined) return false;
    const returned = await sessions.findOneAndUpdate(
      { _id: session._id, status: { $in: OPEN }, [`channels.${channel}.unit`]: unit },
      {
        $inc: { [paidPath(session, channel)]: 1, ...(check && { attemptsLeft: 1 }) },
        ...(check && { $pull: { checks: { id: check } } }),
      },
    );
    return returned !== null;
  }

  async function accept(
    reserved: StoredSession,
    channel: ChannelName,
    codeHash: string,
    { request, by, source, paid, check }: Asking & Check & { readonly paid: Paid },
  ): Promise<Checked> {
    let success: StoredSuccess | undefined;
    let isOwn = false;
    const { prefix } = reserved.channels[channel] ?? {};
    const message = { workspace: workspaceOf(reserved), mode: reserved.mode, prefix };
    // Where that cannot be found out, the event waits for the worker.
    const handled = await guard.watches(message).then(
      (isWatched) => !isWatched,
      () => false,
    );
    const decideOn = (seen: StoredSession) => {
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
      return consume(seen, { channel, codeHash, request, success, check, handled }, now);
    };
    const consumed = await changeGuarded(sessions, reserved, decideOn, { workedOut: true }).catch(
      async (thrown) => {
        if (!(thrown instanceof Failure) || thrown.reason !== 'STORE_UNAVAILABLE') throw thrown;
        // It may be consumed all the same, and then no other call is given what it proves.
        const seen = await sessions.findOne({ _id: reserved._id });
        return seen ? changeGuarded(sessions, seen, decideOn) : undefined;
      },
    );
    if (!consumed) throw new Failure('SESSION_NOT_FOUND');
    const { session, changed } = consumed;
    if (changed || isOwn) return { result: 'VERIFIED', session: await release(session, success) };
    if (session.channels[channel]?.state !== 'VERIFIED') return reject(reserved);
    await giveBack(session._id, check);
    return { result: 'ALREADY_VERIFIED', session };
  }

  /**
   * Gives the units back at once where no effect waits for the event. Where that
   * fails, the event does it later; the code was right and is used up all the same.
   */
  async function release(session: StoredSession, success: StoredSuccess | undefined): Promise<StoredSession> {
    if (!success || session.notify) return session;
    try {
      await releaseSuccess(budget, session, success, new Date(clock.now()));
      return session;
    } catch {
      return session.eventsAt ? session : await leaveToWorker(session).catch(() => session);
    }
  }

  /** The event of the approval is pending after all. */
  async function leaveToWorker(session: StoredSession): Promise<StoredSession> {
    const { _id, rev, events } = session;
    const approved = events.findLastIndex(({ type }) => type === 'session.approved');
    const $set = { ...eventsDue(session, new Date(clock.now())), eventsDone: approved };
    return (await sessions.findOneAndUpdate({ _id, rev, eventsAt: null }, { $set })) ?? session;
  }

  async function reject(reserved: StoredSession): Promise<Checked> {
    if (reserved.attemptsLeft <= 0) await reserve.markLocked(reserved);
    return { result: 'INVALID_CODE', session: reserved };
  }
}

/**
 * What a right code gives back: its own unit. All that its client bought in the
 * session only where the client proved by a secret to be the one that bought
 * them, and no other caller was given that secret: applications share one session
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
