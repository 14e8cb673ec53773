import type { ChannelName } from '../domain/channels.js';
import { channelsOf, type StoredDelivery, type StoredSession } from '../domain/session.js';

/** One step of a fallback: the channel that is used when those before it failed, or did not bring a code in time. */
export interface FallbackStep {
  readonly channel: ChannelName;
  /** How long after the message before it. */
  readonly afterMs: number;
}

type Deliveries = ReadonlyMap<ChannelName, StoredDelivery>;

/** First messages, those of the steps set to leave one after the other. */
export function arranged(
  deliveries: Deliveries,
  steps: readonly FallbackStep[],
  now: number,
): Map<ChannelName, StoredDelivery> {
  const names = steps.map(({ channel }) => channel);
  let before = [...deliveries.keys()].filter((name) => !names.includes(name));
  let dueAt = now;
  const result = new Map(deliveries);
  for (const { channel, afterMs } of steps) {
    const delivery = deliveries.get(channel);
    if (delivery?.state !== 'QUEUED') continue;
    dueAt += afterMs;
    result.set(channel, { ...delivery, dueAt: new Date(dueAt), waits: { for: before, ms: afterMs } });
    before = [channel];
  }
  return result;
}

/** Of deliveries that wait for others: those that need not any longer, and those whose wait begins anew with them. */
export function released(channels: StoredSession['channels'], now: number): Map<ChannelName, StoredDelivery> {
  const waiting = channelsOf({ channels }).flatMap(([name, { delivery }]) =>
    delivery.waits ? [{ name, delivery, waits: delivery.waits }] : [],
  );
  const free = waiting.filter(({ waits }) =>
    waits.for.every((name) => channels[name]?.delivery.state === 'FAILED'),
  );
  const isFree = (name: ChannelName) => free.some((one) => one.name === name);
  return new Map([
    ...free.map(({ name, delivery: { waits: _over, ...delivery } }): [ChannelName, StoredDelivery] => [
      name,
      { ...delivery, dueAt: new Date(now) },
    ]),
    ...waiting
      .filter(({ name, waits }) => !isFree(name) && waits.for.some(isFree))
      .map(({ name, delivery, waits }): [ChannelName, StoredDelivery] => [
        name,
        { ...delivery, dueAt: new Date(now + waits.ms) },
      ]),
  ]);
}
