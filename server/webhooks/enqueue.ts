import type { Clock } from '../platform/clock.js';
import { DAY_MS } from '../platform/durations.js';
import { idOf } from '../store/documentId.js';
import type { Collection } from '../store/documents.js';
import { insertOnce } from '../store/insertOnce.js';
import { dueAgain } from './due.js';
import { WEBHOOK_LIMITS } from './limits.js';
import type { PendingEvent, StoredEvent, StoredWebhookDelivery } from './stored.js';

/**
 * Queues an event for an endpoint, in its place among those of its session, and
 * returns the queue; undefined where that changed nothing. `first`: an event that
 * happened just now, which is queued once however often this is called. Otherwise
 * the event is sent again, delivered before or not, unless it is pending anyway.
 */
export type Enqueue = (
  endpoint: string,
  event: StoredEvent,
  first: boolean,
) => Promise<StoredWebhookDelivery | undefined>;

export function createEnqueue(deliveries: Collection<StoredWebhookDelivery>, clock: Clock): Enqueue {
  return async (endpoint, event, first) => {
    const _id = `${endpoint}/${event.session}`;
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
        if (await insertOnce(deliveries, fresh)) return fresh;
        continue;
      }
      const waits = seen.waiting.some((one) => one.event === entry.event);
      if (waits || (first && seen.next > event.index)) return undefined;
      const changed = await deliveries.findOneAndUpdate(
        { _id, rev: seen.rev },
        {
          $set: {
            waiting: [...seen.waiting, entry].sort((a, b) => a.index - b.index),
            ...(first && { next: event.index + 1 }),
            // A pending event has its time already, or a delivery attempt runs at this moment.
            ...(!seen.dueAt && dueAgain(_id, now)),
            purgeAt,
          },
          $inc: { rev: 1 },
        },
      );
      if (changed) return changed;
    }
  };
}
