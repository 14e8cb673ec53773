import type { ChannelName } from '../domain/channels.js';
import { SESSION_LIMITS } from './limits.js';
import { channelsOf } from './status.js';
import type { StoredSession } from './stored.js';
import type { StoredDelivery } from './storedDelivery.js';

/** One step of a fallback: a channel that is used if those before it fail, or are not verified in time. */
export interface FallbackStep {
  readonly channel: ChannelName;
  /** How long after the message before it, milliseconds. */
  readonly afterMs: number;
}

type Deliveries = ReadonlyMap<ChannelName, StoredDelivery>;

/**
 * A session's messages, with those of the steps due one after the other. If the
 * code expires soon they are due sooner, so that it can still be entered.
 */
export function arrangeFallback(
  deliveries: Deliveries,
  steps: readonly FallbackStep[],
  { now, expiresAt }: { readonly now: number; readonly expiresAt: number },
): Map<ChannelName, StoredDelivery> {
  const latest = Math.max(now, expiresAt - SESSION_LIMITS.fallback.leftSeconds * 1000);
  const names = steps.map(({ channel }) => channel);
  let before = [...deliveries.keys()].filter((name) => !names.includes(name));
  let dueAt = now;
  const result = new Map(deliveries);
  for (const { channel, afterMs } of steps) {
    const delivery = deliveries.get(channel);
    if (delivery?.state !== 'QUEUED') continue;
    dueAt = Math.min(dueAt + afterMs, latest);
    result.set(channel, { ...delivery, dueAt: new Date(dueAt), waits: { for: before, ms: afterMs } });
    before = [channel];
  }
  return result;
}

/** The steps whose messages still wait, in order. */
export function remainingSteps(channels: StoredSession['channels']): FallbackStep[] {
  const waiting = channelsOf({ channels }).flatMap(([channel, { delivery }]) => {
    const { waits } = delivery;
    return waits ? [{ channel, afterMs: waits.ms, waits }] : [];
  });
  return waiting
    .sort((a, b) => (b.waits.for.includes(a.channel) ? -1 : 1))
    .map(({ channel, afterMs }) => ({ channel, afterMs }));
}

/**
 * Messages that change because those they waited for have failed: they are due at
 * once, and the wait of the next step begins again with them.
 */
export function releaseFallback(
  channels: StoredSession['channels'],
  now: number,
): Map<ChannelName, StoredDelivery> {
  const waiting = channelsOf({ channels }).flatMap(([name, { delivery }]) =>
    delivery.waits ? [{ name, delivery, waits: delivery.waits }] : [],
  );
  const free = waiting.filter(({ waits }) =>
    waits.for.every((name) => channels[name]?.delivery.state === 'FAILED'),
  );
  const isFree = (name: ChannelName) => free.some((one) => one.name === name);
  return new Map([
    ...free.map(({ name, delivery: { waits: _ended, ...delivery } }): [ChannelName, StoredDelivery] => [
      name,
      { ...delivery, dueAt: new Date(now), freedAt: new Date(now) },
    ]),
    ...waiting
      .filter(({ name, waits }) => !isFree(name) && waits.for.some(isFree))
      .map(({ name, delivery, waits }): [ChannelName, StoredDelivery] => [
        name,
        { ...delivery, dueAt: new Date(now + waits.ms) },
      ]),
  ]);
}
