import type { ChannelName } from '../domain/channels.js';
import { SESSION_LIMITS } from './limits.js';
import { channelsOf } from './status.js';
import type { StoredChannel, StoredCharge, StoredDelivery, StoredSession } from './stored.js';

type Channels = StoredSession['channels'];

/** A message about to be tried for the first time; `n` is one more than the channel's last. */
export function queued(message: string, n: number, now: number): StoredDelivery {
  return { n, state: 'QUEUED', triesLeft: SESSION_LIMITS.deliveryTries, dueAt: new Date(now), message };
}

/** The same delivery, paid for. */
export function charged(delivery: StoredDelivery, charge: StoredCharge | undefined): StoredDelivery {
  return charge ? { ...delivery, charge } : delivery;
}

/** The delivery of a sandbox session: there is none. */
export const notSent = (n: number): StoredDelivery => ({ n, state: 'NOT_SENT', triesLeft: 0 });

/**
 * A delivery that has come to its end: the message is erased and the lease with
 * it. What was paid stays known while a vendor may still report a failure.
 */
export function settled(
  delivery: StoredDelivery,
  end: Pick<StoredDelivery, 'state' | 'error' | 'provider' | 'vendorId'>,
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

/** When the earliest message is due; undefined when none waits. Always computed from the whole document. */
export function earliestDue(channels: Channels): Date | undefined {
  const due = channelsOf({ channels }).flatMap(([, { delivery }]) =>
    delivery.dueAt ? [delivery.dueAt.getTime()] : [],
  );
  return due.length > 0 ? new Date(Math.min(...due)) : undefined;
}

/** The session's channels with some deliveries replaced. */
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

/** The deliveries of these channels that are not out yet, ended as NOT_SENT: the session was decided before they left. */
export function stopped(channels: Channels, names: readonly ChannelName[]): Map<ChannelName, StoredDelivery> {
  return new Map(
    channelsOf({ channels })
      .filter(([name, { delivery }]) => names.includes(name) && delivery.state === 'QUEUED')
      .map(([name, { delivery }]) => [name, settled(delivery, { state: 'NOT_SENT' })]),
  );
}
