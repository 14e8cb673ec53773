import type { ChannelName } from '../domain/channels.js';
import type {
  EventType,
  SessionEvent,
  ShownEventType,
  StoredCharge,
  StoredDelivery,
  StoredSession,
} from './stored.js';

/** Whether an event is for subscribers and watchers, too. */
export const isShown = <E extends Pick<SessionEvent, 'type'>>(
  event: E,
): event is E & { readonly type: ShownEventType } => event.type !== 'refund' && event.type !== 'unsent';

/** Events that have consequences of our own; the others matter to subscribers only. */
const OWN: ReadonlySet<EventType> = new Set([
  'session.partial',
  'session.approved',
  'delivery.failed',
  'refund',
  'unsent',
]);

/** The parts of an update that add events to a session's history and have them carried out. */
export function recording(
  session: Pick<StoredSession, 'notify'>,
  events: readonly SessionEvent[],
  now: number,
) {
  const wanted = events.some(({ type }) => session.notify || OWN.has(type));
  return {
    set: wanted ? { eventsAt: new Date(now) } : {},
    push: events.length > 0 ? { events: { $each: events } } : undefined,
  };
}

/** The events that an insert (no update) or an update just put into a session's history. */
export function freshEvents(
  session: Pick<StoredSession, 'events'>,
  update: { readonly $push?: Readonly<Record<string, { readonly $each: readonly unknown[] }>> } | undefined,
): readonly SessionEvent[] {
  return update ? ((update.$push?.events?.$each ?? []) as readonly SessionEvent[]) : session.events;
}

/** A session came to be decided, or out of attempts or time. */
export const sessionEvent = (
  type: 'session.partial' | 'session.approved' | 'session.locked' | 'session.expired' | 'session.canceled',
  now: number,
  channel?: ChannelName,
): SessionEvent => ({
  id: [type, channel, ...(type === 'session.expired' ? [now] : [])].filter(Boolean).join('.'),
  type,
  at: new Date(now),
  ...(channel && { channel }),
});

const DELIVERY_EVENTS = {
  ACCEPTED: 'delivery.accepted',
  DELIVERED: 'delivery.delivered',
  FAILED: 'delivery.failed',
} as const;

/** The events that replacing deliveries brings about: how each ended, and what is taken back of it. */
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

/** The n-th message of a channel was paid for and did not go out. */
export const refundEvent = (
  channel: ChannelName,
  n: number,
  charge: StoredCharge,
  now: number,
): SessionEvent => ({ id: `refund.${channel}.${n}`, type: 'refund', at: new Date(now), channel, charge });

/**
 * Whether a message that was paid for, and still waited, now finally failed or
 * will not leave. One that is being tried at this moment may arrive all the same,
 * so it is refunded only when its own try says that it failed. One that a vendor
 * had taken is refunded when the vendor says that it failed after all.
 */
function isRefunded(before: StoredDelivery, next: StoredDelivery): boolean {
  if (before.state === 'ACCEPTED') return next.n === before.n && next.state === 'FAILED';
  if (before.state !== 'QUEUED') return false;
  if (next.n !== before.n || next.state === 'NOT_SENT') return !before.lease;
  return next.state === 'FAILED';
}

/** Whether a message that waited for others will not leave. */
const isUnsent = ({ waits, n }: StoredDelivery, next: StoredDelivery): boolean =>
  waits !== undefined && (next.n !== n || next.state === 'NOT_SENT');
