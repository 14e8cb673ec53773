import { createHash } from 'node:crypto';
import { v7 } from 'uuid';
import type { TriggerEventRequest } from '../../gen/otp/admin/v1/webhook_service_pb.js';
import { parseId, timeOfId } from '../domain/ids.js';
import { Failure, invalid } from '../errors.js';
import type { Clock } from '../platform/clock.js';
import { DAY_MS } from '../platform/durations.js';
import type { ShownEventType } from '../session/storedEvents.js';
import type { Documents } from '../store/documents.js';
import { insertOnce } from '../store/insertOnce.js';
import type { Enqueue } from './enqueue.js';
import { STATUS } from './event.js';
import { WEBHOOK_LIMITS } from './limits.js';
import type { StoredEndpoint, StoredEvent, StoredWebhookDelivery } from './stored.js';
import { endpointsOf, wants } from './webhooks.js';

/** An address that no person can have. */
const MASKED = 't***t@example.com';

interface Deps {
  readonly documents: Documents;
  readonly enqueue: Enqueue;
  readonly offer: (queue: StoredWebhookDelivery) => void;
  readonly clock: Clock;
}

/** Makes events of sessions that do not exist, for developers of receivers. */
export function createTriggerEvent({ documents, enqueue, offer, clock }: Deps) {
  const endpoints = documents.collection<StoredEndpoint>('webhooks');
  const events = documents.collection<StoredEvent>('events');

  async function receivers(partition: string, type: string, given: string): Promise<StoredEndpoint[]> {
    if (!given) {
      const all = await endpointsOf(endpoints, partition);
      return all.filter((one) => !one.disabledAt && wants(one, type));
    }
    const id = parseId(given);
    const endpoint = id && (await endpoints.findOne({ _id: `${partition}/${id}` }));
    if (!endpoint) throw new Failure('NOT_FOUND');
    if (endpoint.disabledAt) throw invalid('endpoint_id', 'must be an endpoint that is not disabled');
    return [endpoint];
  }

  return async (
    partition: string,
    { eventType, endpointId }: Pick<TriggerEventRequest, 'eventType' | 'endpointId'>,
    /** Chosen once for a request: everything else follows from it, so that a repeat makes nothing new. */
    newSession: () => Promise<string>,
  ): Promise<{ readonly event: StoredEvent; readonly endpoints: number }> => {
    const found = await receivers(partition, eventType, endpointId);
    const event = madeUp(partition, eventType as ShownEventType, await newSession(), clock.now());
    await insertOnce(events, event);
    for (const endpoint of found) {
      const enqueued = await enqueue(endpoint, event, true);
      if (enqueued) offer(enqueued.queue);
    }
    return { event, endpoints: found.length };
  };
}

function madeUp(partition: string, type: ShownEventType, session: string, now: number): StoredEvent {
  const at = timeOfId(session);
  const random = createHash('sha256').update(session).digest().subarray(0, 16);
  return {
    _id: `${partition}/${v7({ msecs: at, seq: 0, random })}`,
    session,
    index: 0,
    type,
    body: JSON.stringify({
      type,
      timestamp: new Date(at).toISOString(),
      data: {
        session_id: session,
        status: STATUS[type] ?? 'PENDING',
        purpose: 'test',
        sandbox: true,
        test: true,
        ...(hasChannel(type) && { channel: 'email', masked_recipient: MASKED }),
        ...(type === 'delivery.failed' && { error: 'WRONG_RECIPIENT' }),
      },
    }),
    purgeAt: new Date(now + WEBHOOK_LIMITS.eventDays * DAY_MS),
  };
}

const hasChannel = (type: ShownEventType): boolean =>
  type.startsWith('delivery.') || type === 'session.partial' || type === 'session.approved';
