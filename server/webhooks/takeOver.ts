import type { Clock } from '../platform/clock.js';
import type { Documents } from '../store/documents.js';
import { leasedUntil } from '../store/leases.js';
import { dueAgain } from './due.js';
import { isLeaseOf } from './lease.js';
import type { StoredWebhookDelivery } from './stored.js';

interface Deps {
  readonly documents: Documents;
  /** The queue has an event to send now. */
  readonly offer: (queue: StoredWebhookDelivery) => void;
  readonly clock: Clock;
}

/**
 * Takes over the events that a process which has ended was sending. An endpoint
 * that had received one gets it again, with the same id.
 */
export function createTakeOver({ documents, offer, clock }: Deps) {
  const queues = documents.collection<StoredWebhookDelivery>('webhookDeliveries');
  return async (owner: string): Promise<void> => {
    for await (const { _id, rev, lease } of queues.find(leasedUntil('dueAt', clock), {
      sort: { dueAt: 1 },
    })) {
      if (!lease || !isLeaseOf(owner, lease)) continue;
      const free = await queues.findOneAndUpdate(
        { _id, rev },
        { $set: dueAgain(_id, clock.now()), $unset: { lease: '' }, $inc: { rev: 1 } },
      );
      if (free) offer(free);
    }
  };
}
