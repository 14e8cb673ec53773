import type { ChannelName } from '../domain/channels.js';
import { workspaceOf } from '../store/documentId.js';
import { dueKey } from '../store/dueKey.js';
import type { StoredSession } from './stored.js';
import type { EventType, SessionEvent, ShownEventType } from './storedEvents.js';

/** Whether subscribers and watchers receive an event. */
export const isShown = <E extends Pick<SessionEvent, 'type'>>(
  event: E,
): event is E & { readonly type: ShownEventType } => event.type !== 'refund' && event.type !== 'unsent';

/** Events that have effects (server/effects); the others matter to subscribers only. */
const WITH_EFFECTS: ReadonlySet<EventType> = new Set([
  'session.partial',
  'session.approved',
  'delivery.failed',
  'refund',
  'unsent',
]);

/** The parts of an update that add events to a session's history and wake the event worker for them. */
export function addToHistory(
  session: Pick<StoredSession, '_id' | 'notify'>,
  events: readonly SessionEvent[],
  now: number,
) {
  const isPending = events.some(({ type }) => session.notify || WITH_EFFECTS.has(type));
  return {
    set: isPending ? eventsDue(session, new Date(now)) : {},
    push: events.length > 0 ? { events: { $each: events } } : undefined,
  };
}

/** The same for events without effects, in a session that has no others pending. */
export const addHandled = (session: Pick<StoredSession, 'events'>, events: readonly SessionEvent[]) => ({
  set: { eventsDone: session.events.length + events.length },
  push: { events: { $each: events } },
});

/** The fields of a session whose events are processed at this time. */
export const eventsDue = ({ _id }: Pick<StoredSession, '_id'>, eventsAt: Date) => ({
  eventsAt,
  eventsKey: dueKey(workspaceOf({ _id }), eventsAt),
});

/** The events that an insert (no update) or an update just put into a session's history. */
export function freshEvents(
  session: Pick<StoredSession, 'events'>,
  update: { readonly $push?: Readonly<Record<string, { readonly $each: readonly unknown[] }>> } | undefined,
): readonly SessionEvent[] {
  return update ? ((update.$push?.events?.$each ?? []) as readonly SessionEvent[]) : session.events;
}

/** A channel was verified, or the session has ended. */
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
