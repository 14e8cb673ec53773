import { createHash } from 'node:crypto';
import { v7 } from 'uuid';
import { readExactJson, stringifyExact, verbatim } from '../domain/exactJson.js';
import { DAY_MS, HOUR_MS } from '../platform/durations.js';
import { type Status, statusOf } from '../session/status.js';
import type { StoredSession } from '../session/stored.js';
import type { SessionEvent, ShownEventType } from '../session/storedEvents.js';
import { idOf } from '../store/documentId.js';
import { WEBHOOK_LIMITS } from './limits.js';
import type { StoredEvent } from './stored.js';

type ShownEvent = SessionEvent & { readonly type: ShownEventType };

/** An event made ready to be sent. Made twice, it has the same id. */
export function storedEvent(
  session: StoredSession,
  event: ShownEvent,
  index: number,
  now: number,
): StoredEvent {
  return {
    _id: `${session.partition}/${eventIdOf(session, event, index)}`,
    session: idOf(session),
    index,
    type: event.type,
    body: bodyOf(session, event),
    purgeAt: purgeAtOf(session, now),
  };
}

/**
 * With its session, by which the data of a person is found and erased; after the
 * last delivery attempt, where the event happens shortly before that.
 */
function purgeAtOf({ purgeAt }: Pick<StoredSession, 'purgeAt'>, now: number): Date {
  const { eventDays, retryHours } = WEBHOOK_LIMITS;
  const kept = Math.min(now + eventDays * DAY_MS, purgeAt.getTime());
  return new Date(Math.max(kept, now + (retryHours + 1) * HOUR_MS));
}

/** The body of the event without what the caller gave with the session; undefined where that was nothing. */
export const bodyWithoutMetadata = (session: StoredSession, event: ShownEvent): string | undefined =>
  session.metadata === EMPTY ? undefined : bodyOf({ ...session, metadata: EMPTY }, event);

const EMPTY = '{}';

/** A UUID (version 7) that follows from the event itself and sorts by its time and its place in the history. */
function eventIdOf({ _id }: StoredSession, { id, at }: ShownEvent, index: number): string {
  const random = createHash('sha256').update(`${_id}/${id}`).digest().subarray(0, 16);
  return v7({ msecs: at.getTime(), seq: index, random });
}

function bodyOf(session: StoredSession, { type, at, channel, error }: ShownEvent): string {
  const masked = channel && session.channels[channel]?.masked;
  return stringifyExact({
    type,
    timestamp: at.toISOString(),
    data: {
      session_id: idOf(session),
      status: STATUS[type] ?? statusOf(session, at.getTime()),
      purpose: session.purpose,
      sandbox: session.mode === 'test',
      ...(channel && { channel }),
      ...(masked && { masked_recipient: masked }),
      ...(error && { error }),
      ...(session.metadata !== EMPTY && { metadata: verbatim(readExactJson(session.metadata)) }),
    },
  });
}

/** What an event says of the session by itself: more may have happened since. */
export const STATUS: Readonly<Partial<Record<ShownEventType, Status>>> = {
  'session.partial': 'PARTIAL',
  'session.approved': 'APPROVED',
  'session.locked': 'LOCKED',
  'session.expired': 'EXPIRED',
  'session.canceled': 'CANCELED',
};
