import type { ChannelName } from '../../domain/channels.js';
import { Failure } from '../../errors.js';
import type { Change } from '../change.js';
import { arrangeFallback, remainingSteps } from '../fallback.js';
import { SESSION_LIMITS } from '../limits.js';
import { chargeOf, refundEvent, withCharge } from '../messages.js';
import { paidPath } from '../prepaid.js';
import { channelsOf, OPEN, purgeAtOf, refusalOf } from '../status.js';
import type { FreshCode, StoredRequest, StoredSession } from '../stored.js';
import type { SessionDebit, StoredDelivery } from '../storedDelivery.js';
import type { SessionEvent } from '../storedEvents.js';

/** The time after which no resend can revive a session, milliseconds. */
const lastLife = (session: StoredSession): number =>
  session.createdAt.getTime() + SESSION_LIMITS.resend.lifetimes * session.lifetimeMs;

/**
 * Throws why the session cannot get new codes at `now`. That it has expired is
 * no reason by itself: a resend revives it.
 */
export function refuseResend(session: StoredSession, now: number): void {
  const refusal = refusalOf(session, now);
  const revivable = refusal === 'SESSION_EXPIRED' && now < lastLife(session);
  if (refusal && !revivable) throw new Failure(refusal);
  if (session.attemptsLeft <= 0) throw new Failure('ATTEMPTS_EXHAUSTED');
  if (session.resendsLeft <= 0) throw new Failure('RESENDS_EXHAUSTED');
  const waitMs = session.resendAt.getTime() - now;
  if (waitMs > 0) throw new Failure('RESEND_TOO_SOON', { retryAfterMs: waitMs });
}

/**
 * The channels to send to again: of those not verified the named ones, or all
 * whose first message does not still wait.
 */
export function channelsToResend(session: StoredSession, named: readonly ChannelName[]): ChannelName[] {
  const chosen = channelsOf(session).flatMap(([name, { state, delivery }]) =>
    state === 'PENDING' && (named.length > 0 ? named.includes(name) : !delivery.waits) ? [name] : [],
  );
  if (chosen.length === 0) throw new Failure('ALREADY_VERIFIED');
  return chosen;
}

/** What a resend stores: new codes, and what goes with them. */
export interface Renewal {
  readonly fresh: ReadonlyMap<ChannelName, FreshCode>;
  /** How a repeat of the same request is recognised. */
  readonly record?: StoredRequest | undefined;
  readonly debit?: SessionDebit | undefined;
  readonly trace?: string;
  /** The key or session that asks for it. */
  readonly by: string;
}

/**
 * New codes replace the old ones, in an open session or an expired one that can
 * be revived. A resend gives no attempts back (NIST SP 800-63B-4 §3.1.3.2): a
 * guesser could otherwise go on with every new code. So nothing here touches
 * `attemptsLeft`.
 */
export function renew(seen: StoredSession, { fresh, record, debit, trace, by }: Renewal, at: number): Change {
  const { cooldownSeconds, max } = SESSION_LIMITS.resend;
  // Verified in the meantime: its code must stay gone, and its message is not sent.
  const late = [...fresh.keys()].filter((name) => seen.channels[name]?.state !== 'PENDING');
  const renewed = [...fresh].filter(([name]) => !late.includes(name));
  const messages = new Map(
    renewed.map(([name, { delivery }]) => {
      const n = (seen.channels[name]?.delivery.n ?? 0) + 1;
      return [name, withCharge({ ...delivery, n }, chargeOf(debit, name))];
    }),
  );
  const expiresAt = new Date(Math.min(at + seen.lifetimeMs, lastLife(seen)));
  const waiting = stillWaiting(seen, messages, at, expiresAt);
  const codes = renewed.flatMap(([name, { codeHash, sandboxCode, lane, unit, paid }]) => [
    [`channels.${name}.codeHash`, codeHash],
    ...(sandboxCode ? [[`channels.${name}.sandboxCode`, sandboxCode]] : []),
    // Set and never added to: a comparison that was not made with the old code is gone with it.
    ...(paid === undefined ? [] : [[paidPath(seen, name), paid]]),
    ...(lane ? [[`channels.${name}.lane`, lane]] : []),
    ...(unit ? [[`channels.${name}.unit`, unit]] : []),
  ]);
  const ends = [...messages.keys(), ...waiting.keys()].map((name) => [
    `channels.${name}.codeExpiresAt`,
    expiresAt,
  ]);
  return {
    at,
    guard: {
      status: { $in: OPEN },
      attemptsLeft: { $gt: 0 },
      resendsLeft: { $gt: 0 },
      resendAt: { $lte: new Date(at) },
    },
    set: {
      ...Object.fromEntries([...codes, ...ends]),
      expiresAt,
      ...(seen.notify && { expireAt: expiresAt }),
      purgeAt: purgeAtOf(seen, expiresAt),
      resendAt: new Date(at + cooldownSeconds * 1000),
      ...(debit && { [`charges.${debit.id}`]: debit.charges }),
      ...(trace && { trace }),
    },
    inc: { resendsLeft: -1 },
    ...(record && { push: { resends: { entry: record, keep: max } } }),
    messages: new Map([...messages, ...waiting]),
    events: refundsOf(debit, late, at),
    marks: [...messages].map(([channel, { n }]) => ({
      type: 'resent',
      at: new Date(at),
      channel,
      n,
      ...(by !== seen.client && { by }),
    })),
  };
}

/**
 * The messages that keep waiting, now for those that replace old ones: their
 * waits begin again. Their codes have not been seen and live as long as the
 * session does.
 */
function stillWaiting(
  { channels }: StoredSession,
  messages: ReadonlyMap<ChannelName, StoredDelivery>,
  at: number,
  expiresAt: Date,
): Map<ChannelName, StoredDelivery> {
  const steps = remainingSteps(channels).filter(({ channel }) => !messages.has(channel));
  const stored = channelsOf({ channels }).map(([name, { delivery }]) => [name, delivery] as const);
  const all = arrangeFallback(new Map([...stored, ...messages]), steps, {
    now: at,
    expiresAt: expiresAt.getTime(),
  });
  return new Map(steps.map(({ channel }) => [channel, all.get(channel)!]));
}

/** The parts of a debit that were taken for messages that are not sent after all. */
const refundsOf = (
  debit: SessionDebit | undefined,
  channels: readonly ChannelName[],
  at: number,
): SessionEvent[] =>
  channels.flatMap((channel) => {
    const charge = chargeOf(debit, channel);
    // Named after the debit: the channel has no message that this one paid for.
    return charge ? [refundEvent(channel, charge.debit, charge, at)] : [];
  });
