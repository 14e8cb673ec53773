import type { Clock } from '../platform/clock.js';
import { isShown } from '../session/history.js';
import type { StoredSession } from '../session/stored.js';
import type { SessionEvent } from '../session/storedEvents.js';
import { below } from '../store/documentId.js';
import type { Collection, Documents } from '../store/documents.js';
import { insertOnce } from '../store/insertOnce.js';
import { createTtlCache } from '../store/ttlCache.js';
import type { Enqueue } from './enqueue.js';
import { bodyWithoutMetadata, storedEvent } from './event.js';
import type { EventBodies } from './eventBodies.js';
import type { StoredEndpoint, StoredEvent, StoredWebhookDelivery } from './stored.js';

/** Sends a workspace's endpoints the events of its sessions. */
export interface Webhooks {
  /**
   * Whether events of the partition (workspace.mode) are wanted: it has an
   * endpoint. A disabled one counts, so that what it misses can be sent again.
   * As it is or was at most five seconds ago.
   */
  listening(partition: string): Promise<boolean>;
  /** Stores an event and queues it for every endpoint that wants it. Publishing an event twice changes nothing. */
  publish(session: StoredSession, event: SessionEvent, index: number): Promise<void>;
  /** Reads the partition's endpoints again the next time. */
  forget(partition: string): void;
}

interface Deps {
  readonly documents: Documents;
  readonly enqueue: Enqueue;
  readonly bodies: Pick<EventBodies, 'seal'>;
  /** The queue has an event to send. */
  readonly offer: (delivery: StoredWebhookDelivery) => void;
  readonly clock: Clock;
}

export function createWebhooks({ documents, enqueue, bodies, offer, clock }: Deps): Webhooks {
  const endpoints = documents.collection<StoredEndpoint>('webhooks');
  const events = documents.collection<StoredEvent>('events');
  const cached = createTtlCache((partition) => endpointsOf(endpoints, partition), clock);

  return {
    listening: async (partition) => (await cached.get(partition)).length > 0,
    forget: (partition) => cached.forget(partition),
    async publish(session, event, index) {
      if (!isShown(event)) return;
      const listeners = await cached.get(session.partition);
      if (listeners.length === 0) return;
      const whole = storedEvent(session, event, index, clock.now());
      const stored = bodies.seal(whole, bodyWithoutMetadata(session, event));
      await insertOnce(events, stored);
      for (const endpoint of listeners) {
        if (!isOn(endpoint, event.at) || !wants(endpoint, stored.type)) continue;
        const enqueued = await enqueue(endpoint, stored, true);
        if (enqueued) offer(enqueued.queue);
      }
    },
  };
}

/** Whether an endpoint receives events of that time: it is enabled, and was then. */
const isOn = ({ disabledAt, enabledAt }: StoredEndpoint, at: Date): boolean =>
  !disabledAt && !(enabledAt && at < enabledAt);

/** Whether an endpoint receives events of this type. */
export const wants = ({ eventTypes }: Pick<StoredEndpoint, 'eventTypes'>, type: string): boolean =>
  eventTypes.length === 0 || eventTypes.includes(type);

/** Every endpoint of a partition, oldest first. */
export const endpointsOf = (
  endpoints: Collection<StoredEndpoint>,
  partition: string,
): Promise<StoredEndpoint[]> => endpoints.find({ _id: below(partition) }, { sort: { _id: 1 } }).toArray();
