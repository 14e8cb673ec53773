import type { MessageShape } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { ReplayWebhookEventsRequestSchema } from '../../gen/otp/admin/v1/webhook_service_pb.js';
import { readPage } from '../admin/shared/paging.js';
import { firstIdAt, parseId } from '../domain/ids.js';
import { Failure, invalid } from '../errors.js';
import { splitLast } from '../store/documentId.js';
import type { Documents } from '../store/documents.js';
import type { Enqueue } from './enqueue.js';
import { WEBHOOK_LIMITS } from './limits.js';
import type { StoredEndpoint, StoredEvent, StoredWebhookDelivery } from './stored.js';
import { wants } from './webhooks.js';

interface Deps {
  readonly documents: Documents;
  readonly enqueue: Enqueue;
  readonly offer: (queue: StoredWebhookDelivery) => void;
}

/** How many events a call queued, how many were pending already, and where the next one goes on. */
interface Replayed {
  readonly replayed: number;
  readonly pending: number;
  readonly nextPageToken: string;
}

/** Queues stored events once more; those that are pending are due at once. */
export function createReplay({ documents, enqueue, offer }: Deps) {
  const events = documents.collection<StoredEvent>('events');

  async function again(endpoint: StoredEndpoint, found: readonly StoredEvent[]) {
    let pending = 0;
    for (const event of found) {
      const enqueued = await enqueue(endpoint, event, false);
      if (enqueued?.wasPending) pending++;
      if (enqueued) offer(enqueued.queue);
    }
    return { replayed: found.length - pending, pending };
  }

  return async (
    endpoint: StoredEndpoint,
    { eventId, since, pageToken }: MessageShape<typeof ReplayWebhookEventsRequestSchema>,
  ): Promise<Replayed> => {
    if (eventId ? since : !since)
      throw invalid('event_id', 'must be given where since is not, and not together with it');
    if (endpoint.disabledAt) throw invalid('id', 'must be an endpoint that is not disabled');
    const prefix = `${splitLast(endpoint._id)[0]}/`;
    if (!since) {
      if (pageToken) throw invalid('page_token', 'must be given together with since');
      const id = parseId(eventId);
      const event = id && (await events.findOne({ _id: prefix + id }));
      if (!event) throw new Failure('NOT_FOUND');
      return { ...(await again(endpoint, [event])), nextPageToken: '' };
    }
    const { items, nextPageToken } = await readPage(
      events,
      { prefix, from: prefix + firstIdAt(timestampMs(since)) },
      { pageSize: WEBHOOK_LIMITS.replayedAtOnce, pageToken },
    );
    const wanted = items.filter(({ type }) => wants(endpoint, type));
    return { ...(await again(endpoint, wanted)), nextPageToken };
  };
}
