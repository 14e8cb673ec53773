import type { ChannelName } from '../domain/channels.js';
import { SESSION_LIMITS } from './limits.js';
import { channelsOf } from './status.js';
import type { StoredChannel, StoredMark, StoredSession } from './stored.js';
import type { SessionDebit, StoredCharge, StoredDelivery } from './storedDelivery.js';
import type { SessionEvent } from './storedEvents.js';

type Channels = StoredSession['channels'];

/** A message that is due at once; `n` is one more than that of the channel's last. */
export function queueMessage(message: string, n: number, now: number): StoredDelivery {
  return { n, state: 'QUEUED', triesLeft: SESSION_LIMITS.attemptsPerMessage, dueAt: new Date(now), message };
}

/** The same message, paid for. */
export function withCharge(delivery: StoredDelivery, charge: StoredCharge | undefined): StoredDelivery {
  return charge ? { ...delivery, charge } : delivery;
}

/** A channel's part of a debit; undefined where nothing was taken for it. */
export function chargeOf(debit: SessionDebit | undefined, channel: ChannelName): StoredCharge | undefined {
  const amount = debit?.charges[channel];
  return debit && amount !== undefined ? { debit: debit.id, amount } : undefined;
}

/** The message of a sandbox session, which is not sent. */
export const notSent = (n: number): StoredDelivery => ({ n, state: 'NOT_SENT', triesLeft: 0 });

/**
 * A message that has ended: its sealed code and its lease are removed. What was
 * paid stays known while a vendor may still report a failure.
 */
export function settled(
  delivery: StoredDelivery,
  end: Pick<StoredDelivery, 'state' | 'error' | 'provider' | 'vendorId' | 'receipt'>,
): StoredDelivery {
  const { n, triesLeft, provider, charge, freedAt } = delivery;
  return {
    n,
    triesLeft,
    ...(provider === undefined ? {} : { provider }),
    ...(charge && end.state === 'ACCEPTED' && { charge }),
    ...(freedAt && { freedAt }),
    ...end,
  };
}

/** When the earliest message is due; undefined when none is. */
export function earliestDue(channels: Channels): Date | undefined {
  const due = channelsOf({ channels }).flatMap(([, { delivery }]) =>
    delivery.dueAt ? [delivery.dueAt.getTime()] : [],
  );
  return due.length > 0 ? new Date(Math.min(...due)) : undefined;
}

/** The session's channels with some messages replaced. */
export function withDeliveries(
  channels: Channels,
  changed: ReadonlyMap<ChannelName, StoredDelivery>,
): Channels {
  const entries = channelsOf({ channels }).map(([name, channel]): [ChannelName, StoredChannel] => {
    const delivery = changed.get(name);
    return [name, delivery ? { ...channel, delivery } : channel];
  });
  return Object.fromEntries(entries);
}

/** The channels that wait for others. */
export const waitingOf = (channels: Channels): ChannelName[] =>
  channelsOf({ channels }).flatMap(([name, { delivery }]) => (delivery.waits ? [name] : []));

/**
 * The messages of these channels that have not been sent, ended as NOT_SENT:
 * nothing needs their codes any more.
 */
export function stopMessages(
  channels: Channels,
  names: readonly ChannelName[],
): Map<ChannelName, StoredDelivery> {
  return new Map(
    channelsOf({ channels })
      .filter(([name, { delivery }]) => names.includes(name) && delivery.state === 'QUEUED')
      .map(([name, { delivery }]) => [name, settled(delivery, { state: 'NOT_SENT' })]),
  );
}

const DELIVERY_EVENTS = {
  ACCEPTED: 'delivery.accepted',
  DELIVERED: 'delivery.delivered',
  FAILED: 'delivery.failed',
} as const;

/** The events of replaced messages: how each ended, and what is refunded. */
export function deliveryEvents(
  channels: StoredSession['channels'],
  changed: ReadonlyMap<ChannelName, StoredDelivery>,
  now: number,
): SessionEvent[] {
  const at = new Date(now);
  return [...changed].flatMap(([channel, next]) => {
    const before = channels[channel]?.delivery;
    if (!before) return [];
    const type =
      next.state === before.state ? undefined : DELIVERY_EVENTS[next.state as keyof typeof DELIVERY_EVENTS];
    const ended: SessionEvent[] = type
      ? [{ id: `${type}.${channel}.${next.n}`, type, at, channel, ...(next.error && { error: next.error }) }]
      : [];
    return [
      ...ended,
      ...(isRefunded(before, next) && before.charge
        ? [refundEvent(channel, before.n, before.charge, now)]
        : []),
      ...(isUnsent(before, next)
        ? [{ id: `unsent.${channel}.${before.n}`, type: 'unsent', at, channel } as const]
        : []),
    ];
  });
}

/**
 * What was paid for a message that was not sent is given back. `of`: the number
 * of the message, or the debit.
 */
export const refundEvent = (
  channel: ChannelName,
  of: number | string,
  charge: StoredCharge,
  now: number,
): SessionEvent => ({ id: `refund.${channel}.${of}`, type: 'refund', at: new Date(now), channel, charge });

/**
 * Whether a message that was paid for has failed, or will not be sent. One that
 * is leased may be with a provider at this moment, so it is refunded only if its
 * delivery attempt fails. One that a vendor accepted is refunded if the vendor
 * reports that it failed.
 */
function isRefunded(before: StoredDelivery, next: StoredDelivery): boolean {
  if (before.state === 'ACCEPTED') return next.n === before.n && next.state === 'FAILED';
  if (before.state !== 'QUEUED') return false;
  if (next.n !== before.n || next.state === 'NOT_SENT') return !before.lease;
  return next.state === 'FAILED';
}

/** Whether a message that waited for others will not be sent. */
const isUnsent = ({ waits, n }: StoredDelivery, next: StoredDelivery): boolean =>
  waits !== undefined && (next.n !== n || next.state === 'NOT_SENT');

/** The messages among the replaced that waited for others and are now sent. */
export function fallbackMarks(
  channels: Channels,
  changed: ReadonlyMap<ChannelName, StoredDelivery>,
  now: number,
): StoredMark[] {
  return [...changed].flatMap(([channel, next]) => {
    const before = channels[channel]?.delivery;
    const started = before?.waits && !next.waits && next.n === before.n && next.state === 'QUEUED';
    return started ? [{ type: 'fallback', at: new Date(now), channel, n: next.n }] : [];
  });
}
