import type { ChannelName } from '../domain/channels.js';
import type { EventType, SessionEvent, ShownEventType, StoredSession } from './stored.js';

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
