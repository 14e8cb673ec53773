import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics/index.js';
import type { Outbound } from '../outbound/outbound.js';
import type { Clock } from '../platform/clock.js';
import type { Random } from '../platform/random.js';
import type { Documents } from '../store/documents.js';
import type { Work } from '../store/dueQueue.js';
import type { Processes } from '../store/processes/processes.js';
import { createDeliver } from '../webhooks/deliver.js';
import { createEndpointConcurrency } from '../webhooks/endpointConcurrency.js';
import { createEndpointHealth } from '../webhooks/endpointHealth.js';
import { createEnqueue, type Enqueue } from '../webhooks/enqueue.js';
import { createEventBodies } from '../webhooks/eventBodies.js';
import { createPost, type Post } from '../webhooks/post.js';
import type { StoredEndpoint, StoredWebhookDelivery } from '../webhooks/stored.js';
import { createWebhooks, type Webhooks } from '../webhooks/webhooks.js';
import type { Secrets } from './secrets.js';

interface Parts {
  readonly documents: Documents;
  readonly secrets: Pick<Secrets, 'encryption'>;
  readonly outbound: Outbound;
  /** The queue has an event to send. */
  readonly offer: (queue: StoredWebhookDelivery) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly processes: Processes;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** What delivers events to endpoints, and what the operator's services use. */
export interface Hooks {
  readonly webhooks: Webhooks;
  readonly enqueue: Enqueue;
  readonly offer: (queue: StoredWebhookDelivery) => void;
  readonly post: Post;
  /** The work of the queue. */
  readonly deliver: Work<StoredWebhookDelivery>;
}

export function composeWebhooks(parts: Parts): Hooks {
  const { documents, secrets, outbound, offer, clock } = parts;
  const enqueue = createEnqueue(documents.collection('webhookDeliveries'), clock);
  const post = createPost(outbound, secrets.encryption, clock);
  const bodies = createEventBodies(secrets.encryption);
  const health = createEndpointHealth({
    ...parts,
    endpoints: documents.collection<StoredEndpoint>('webhooks'),
  });
  return {
    webhooks: createWebhooks({ documents, enqueue, bodies, offer, clock }),
    enqueue,
    offer,
    post,
    deliver: createDeliver({ ...parts, post, bodies, health, concurrency: createEndpointConcurrency(clock) }),
  };
}
