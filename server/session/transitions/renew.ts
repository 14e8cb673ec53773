import type { Debit } from '../../admin/wallet/wallet.js';
import type { ChannelName } from '../../domain/channels.js';
import { Failure } from '../../errors.js';
import type { FreshCode } from '../../otp/send/newSession.js';
import { chargeOf } from '../../otp/send/withDebit.js';
import type { Filter, Update } from '../../store/documents.js';
import { arranged, stepsLeft } from '../fallback.js';
import { deliveryEvents, recording } from '../history.js';
import { SESSION_LIMITS } from '../limits.js';
import { charged, earliestDue, withDeliveries } from '../messages.js';
import { channelsOf, OPEN, purgeAtOf, refusalOf } from '../status.js';
import type { SessionEvent, StoredDelivery, StoredRequest, StoredSession } from '../stored.js';

/** The time after which no resend can revive a session, milliseconds. */
const lastLife = (session: StoredSession): number =>
  session.createdAt.getTime() + SESSION_LIMITS.resend.lifetimes * session.lifetimeMs;

/** Throws why the session cannot get new codes at `now`. Being expired alone is no reason: that is what resend is for. */
export function refuseResend(session: StoredSession, now: number): void {
  const refusal = refusalOf(session, now);
  const revivable = refusal === 'SESSION_EXPIRED' && now < lastLife(session);
  if (refusal && !revivable) throw new Failure(refusal);
  if (session.attemptsLeft <= 0) throw new Failure('ATTEMPTS_EXHAUSTED');
  if (session.resendsLeft <= 0) throw new Failure('RESENDS_EXHAUSTED');
  const waitMs = session.resendAt.getTime() - now;
  if (waitMs > 0) throw new Failure('RESEND_TOO_SOON', { retryAfterMs: waitMs });
}

/** The channels to send to again: of those not verified the named ones, or all whose first message does not still wait. */
export function channelsToResend(session: StoredSession, named: readonly ChannelName[]): ChannelName[] {
  const chosen = channelsOf(session).flatMap(([name, { state, delivery }]) =>
    state === 'PENDING' && (named.length > 0 ? named.includes(name) : !delivery.waits) ? [name] : [],
  );
  if (chosen.length === 0) throw new Failure('ALREADY_VERIFIED');
  return chosen;
}

/** What must still be true when the new codes are stored. */
export const renewalGuard = (seen: StoredSession, now: number): Filter & { _id: string } => ({
  _id: seen._id,
  rev: seen.rev,
  status: { $in: OPEN },
  attemptsLeft: { $gt: 0 },
  resendsLeft: { $gt: 0 },
  resendAt: { $lte: new Date(now) },
});

/** What a resend goes by besides its codes. */
export interface Occasion {
  /** How a repeat of the same request is known. */
  readonly record?: StoredRequest | undefined;
  readonly debit?: Debit | undefined;
  readonly trace?: string;
}

/** The update that puts new codes in the place of old ones, computed from the document seen. */
export function renewal(
  seen: StoredSession,
  fresh: ReadonlyMap<ChannelName, FreshCode>,
  now: number,
  { record, debit, trace }: Occasion,
): Update {
  const { cooldownSeconds, max } = SESSION_LIMITS.resend;
  // Verified meanwhile: its code must stay gone, and its message is not sent.
  const late = [...fresh.keys()].filter((name) => seen.channels[name]?.state !== 'PENDING');
  const renewed = [...fresh].filter(([name]) => !late.includes(name));
  const deliveries = new Map(
    renewed.map(([name, { delivery }]) => {
      const n = (seen.channels[name]?.delivery.n ?? 0) + 1;
      return [name, charged({ ...delivery, n }, chargeOf(debit, name))];
    }),
  );
  const expiresAt = new Date(Math.min(now + seen.lifetimeMs, lastLife(seen)));
  const waiting = waitingOn(seen, deliveries, now, expiresAt);
  const deliverAt = earliestDue(withDeliveries(seen.channels, new Map([...deliveries, ...waiting])));
  // What still waited is replaced and will not leave.
  const replaced = deliveryEvents(seen.channels, deliveries, now);
  const history = recording(seen, [...replaced, ...refundsOf(debit, late, now)], now);
  const perChannel = renewed.flatMap(([name, { codeHash, sandboxCode }]) => [
    [`channels.${name}.codeHash`, codeHash],
    [`channels.${name}.codeExpiresAt`, expiresAt],
    ...(sandboxCode ? [[`channels.${name}.sandboxCode`, sandboxCode]] : []),
    [`channels.${name}.delivery`, deliveries.get(name)],
  ]);
  const perWaiting = [...waiting].flatMap(([name, delivery]) => [
    [`channels.${name}.codeExpiresAt`, expiresAt],
    [`channels.${name}.delivery`, delivery],
  ]);
  return {
    $set: {
      ...Object.fromEntries([...perChannel, ...perWaiting]),
      expiresAt,
      ...(seen.notify && { expireAt: expiresAt }),
      purgeAt: purgeAtOf(seen, expiresAt),
      resendAt: new Date(now + cooldownSeconds * 1000),
      ...(deliverAt && { deliverAt }),
      ...(debit && { [`charges.${debit.id}`]: debit.charges }),
      ...(trace && { trace }),
      ...history.set,
    },
    ...(!deliverAt && { $unset: { deliverAt: '' } }),
    $inc: { rev: 1, resendsLeft: -1 },
    ...((record || history.push) && {
      $push: {
        ...(record && { resends: { $each: [record], $slice: -max } }),
        ...history.push,
      },
    }),
  };
}

/**
 * The messages that go on waiting, for those just put in the place of old ones
 * too: their waits begin again. Nobody has seen their codes, which live on with
 * the session.
 */
function waitingOn(
  { channels }: StoredSession,
  fresh: ReadonlyMap<ChannelName, StoredDelivery>,
  now: number,
  expiresAt: Date,
): Map<ChannelName, StoredDelivery> {
  const steps = stepsLeft(channels).filter(({ channel }) => !fresh.has(channel));
  const stored = channelsOf({ channels }).map(([name, { delivery }]) => [name, delivery] as const);
  const all = arranged(new Map([...stored, ...fresh]), steps, now, expiresAt.getTime());
  return new Map(steps.map(({ channel }) => [channel, all.get(channel)!]));
}

/** The parts of a debit that were taken for messages that are not sent after all. */
const refundsOf = (debit: Debit | undefined, channels: readonly ChannelName[], now: number): SessionEvent[] =>
  channels.flatMap((channel) => {
    const charge = chargeOf(debit, channel);
    return charge
      ? [{ id: `refund.${channel}.${charge.debit}`, type: 'refund', at: new Date(now), channel, charge }]
      : [];
  });
