import type { StoredSession } from '../../session/stored.js';
import { idOf, splitLast } from '../../store/documentId.js';
import type { Documents } from '../../store/documents.js';
import { isAccepted } from '../../webhooks/post.js';
import type { StoredEndpoint, StoredWebhookDelivery } from '../../webhooks/stored.js';
import { endpointsOf } from '../../webhooks/webhooks.js';
import type { AcceptedWebhook } from './timeline.js';

/** The events of a session that endpoints have accepted. */
export type WebhooksOf = (session: StoredSession) => Promise<AcceptedWebhook[]>;

export function createWebhooksOf(documents: Documents): WebhooksOf {
  const endpoints = documents.collection<StoredEndpoint>('webhooks');
  const deliveries = documents.collection<StoredWebhookDelivery>('webhookDeliveries');
  return async (session) => {
    const found = await endpointsOf(endpoints, session.partition);
    const queues = await Promise.all(
      found.map(({ _id }) => deliveries.findOne({ _id: `${_id}/${idOf(session)}` })),
    );
    return queues.flatMap((queue, index) =>
      (queue?.tries ?? []).filter(isAccepted).map(({ at, ms, event }) => ({
        at: new Date(at.getTime() + ms),
        endpoint: splitLast(found[index]!._id)[1],
        event,
      })),
    );
  };
}
