import type { Clock } from '../platform/clock.js';
import { DAY_MS } from '../platform/durations.js';
import { idOf } from '../store/documentId.js';
import type { Collection } from '../store/documents.js';
import { insertOnce } from '../store/insertOnce.js';
import { dueAgain } from './due.js';
import { WEBHOOK_LIMITS } from './limits.js';
import { pendingEvents } from './pendingEvents.js';
import type { PendingEvent, StoredEndpoint, StoredEvent, StoredWebhookDelivery } from './stored.js';

type Receiver = Pick<StoredEndpoint, '_id' | 'disabledAt' | 'enabledAt'>;

/** A queue with an event in it. */
interface Enqueued {
  readonly queue: StoredWebhookDelivery;
  /** The event was in it before. */
  readonly wasPending: boolean;
}

/**
 * Queues an event for an endpoint, in its place among those of its session.
 * `first`: an event that happened just now, which is queued once however often
 * this is called; undefined where it had been. Otherwise the event is sent again,
 * delivered before or not, and the queue does not wait for its next attempt: it is
 * due now, unless an attempt is running. A pending event keeps its count of attempts.
 */
export type Enqueue = (
  endpoint: Receiver,
  event: StoredEvent,
  first: boolean,
) => Promise<Enqueued | undefined>;

export function createEnqueue(deliveries: Collection<StoredWebhookDelivery>, clock: Clock): Enqueue {
  return async (endpoint, event, first) => {
    const _id = `${endpoint._id}/${event.session}`;
    for (;;) {
      const seen = await deliveries.findOne({ _id });
      const now = clock.now();
      const entry: PendingEvent = {
        event: idOf(event),
        type: event.type,
        index: event.index,
        queuedAt: new Date(now),
        tries: 0,
      };
      const purgeAt = new Date(now + WEBHOOK_LIMITS.eventDays * DAY_MS);
      if (!seen) {
        const next = first ? event.index + 1 : 0;
        const fresh = { _id, rev: 0, next, waiting: [entry], ...dueAgain(_id, now), tries: [], purgeAt };
        if (await insertOnce(deliveries, fresh)) return { queue: fresh, wasPending: false };
        continue;
      }
      if (first && seen.next > event.index) return undefined;
      // What was pending before the endpoint was enabled again is dropped when it is due: that is not in its place.
      const before = first ? seen.waiting : pendingEvents(endpoint, seen);
      const wasPending = before.some((one) => one.event === entry.event);
      if (first && wasPending) return undefined;
      const isDueLater = seen.dueAt !== undefined && seen.dueAt.getTime() > now;
      const isMoved = first ? !seen.dueAt : !seen.dueAt || (isDueLater && !seen.lease);
      if (wasPending && !isMoved) return { queue: seen, wasPending };
      const changed = await deliveries.findOneAndUpdate(
        { _id, rev: seen.rev },
        {
          $set: {
            ...(!wasPending && {
              waiting: [...before, entry].sort((a, b) => a.index - b.index),
              purgeAt,
            }),
            ...(first && { next: event.index + 1 }),
            ...(isMoved && dueAgain(_id, now)),
          },
          $inc: { rev: 1 },
        },
      );
      if (changed) return { queue: changed, wasPending };
    }
  };
}
