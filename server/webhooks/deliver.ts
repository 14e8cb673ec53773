import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics/index.js';
import type { Clock } from '../platform/clock.js';
import type { Random } from '../platform/random.js';
import { splitLast } from '../store/documentId.js';
import type { Documents, Update } from '../store/documents.js';
import type { Work } from '../store/dueQueue.js';
import { claimSurely } from '../store/leases.js';
import type { Processes } from '../store/processes/processes.js';
import { dueAgain } from './due.js';
import type { EndpointConcurrency } from './endpointConcurrency.js';
import { type EndpointHealth, isFailing } from './endpointHealth.js';
import type { EventBodies } from './eventBodies.js';
import { newLease } from './lease.js';
import { WEBHOOK_LIMITS } from './limits.js';
import { pendingEvents } from './pendingEvents.js';
import { isAccepted, type Post, type Posted } from './post.js';
import { nextAttemptAt } from './retrySchedule.js';
import type {
  PendingEvent,
  StoredAttempt,
  StoredEndpoint,
  StoredEvent,
  StoredWebhookDelivery,
} from './stored.js';

const LEASE_MS = (WEBHOOK_LIMITS.timeoutSeconds + WEBHOOK_LIMITS.recordSeconds) * 1_000;

interface Deps {
  readonly documents: Documents;
  readonly post: Post;
  readonly bodies: Pick<EventBodies, 'open'>;
  readonly health: EndpointHealth;
  readonly concurrency: EndpointConcurrency;
  readonly clock: Clock;
  readonly random: Random;
  readonly processes: Pick<Processes, 'id' | 'mayBegin'>;
  readonly metrics: Pick<Metrics, 'webhookAttempts' | 'webhookEventsGivenUp'>;
  readonly log: Logger;
}

/** The first event of a queue, held by this process until the lease expires. */
interface Claim {
  readonly queue: StoredWebhookDelivery;
  readonly first: PendingEvent;
  readonly lease: string;
}

/**
 * Sends the pending events of a queue, one after the other, each until it is
 * accepted or given up: of one session, no event ever overtakes an earlier one.
 * The process that moves `dueAt` holds the queue until then; when it dies,
 * another one sends the same event again.
 */
export function createDeliver(deps: Deps): Work<StoredWebhookDelivery> {
  const { documents, post, bodies, health, concurrency, clock, random, processes, metrics, log } = deps;
  const endpoints = documents.collection<StoredEndpoint>('webhooks');
  const events = documents.collection<StoredEvent>('events');
  const queues = documents.collection<StoredWebhookDelivery>('webhookDeliveries');

  /** Returns the queue as it is after one delivery attempt; undefined where nothing more is to be done about it here. */
  async function sendFirst(due: StoredWebhookDelivery): Promise<StoredWebhookDelivery | undefined> {
    if (!processes.mayBegin()) return undefined;
    const endpoint = await endpoints.findOne({ _id: splitLast(due._id)[0] });
    if (!endpoint) {
      await queues.deleteOne({ _id: due._id });
      return undefined;
    }
    const { atOnce, atOnceFailing } = WEBHOOK_LIMITS;
    const place = concurrency.acquire(endpoint._id, isFailing(endpoint) ? atOnceFailing : atOnce);
    if (typeof place === 'number') {
      await changed(due, { $set: dueAgain(due._id, clock.now() + place) });
      return undefined;
    }
    try {
      const claim = await claimFirst(endpoint, due);
      return claim && (await attemptDelivery(endpoint, claim));
    } finally {
      place();
    }
  }

  const isDue = ({ dueAt }: StoredWebhookDelivery): boolean =>
    dueAt !== undefined && dueAt.getTime() <= clock.now();

  const changed = ({ _id, rev }: StoredWebhookDelivery, update: Update) =>
    queues.findOneAndUpdate({ _id, rev }, { ...update, $inc: { rev: 1 } });

  const claimFirst = (endpoint: StoredEndpoint, due: StoredWebhookDelivery) => {
    const lease = newLease(processes.id, random);
    return claimSurely(async (repeated) => {
      const seen = repeated ? await queues.findOne({ _id: due._id }) : due;
      return leaseFirst(endpoint, seen, lease);
    }, clock);
  };

  async function leaseFirst(
    endpoint: StoredEndpoint,
    found: StoredWebhookDelivery | null,
    lease: string,
  ): Promise<Claim | undefined> {
    for (let seen = found; seen; seen = await queues.findOne({ _id: seen._id })) {
      const [held] = seen.waiting;
      // Stored by an earlier update, whose response was lost.
      if (held && seen.lease === lease) return { queue: seen, first: held, lease };
      if (!isDue(seen)) return undefined;
      const [next, ...others] = pendingEvents(endpoint, seen);
      if (!next) {
        if (await changed(seen, { $set: { waiting: [] }, $unset: { dueAt: '', dueKey: '', lease: '' } }))
          return undefined;
        continue;
      }
      // Counted before it is made: a process that dies may have made it.
      const first = { ...next, tries: next.tries + 1 };
      const leased = dueAgain(seen._id, clock.now() + LEASE_MS);
      const queue = await changed(seen, { $set: { waiting: [first, ...others], ...leased, lease } });
      if (queue) return { queue, first, lease };
    }
    return undefined;
  }

  function openBody(event: StoredEvent): string | undefined {
    try {
      return bodies.open(event);
    } catch (err) {
      log.error({ err, event: event._id }, 'a webhook event cannot be opened');
      return undefined;
    }
  }

  /** Returns the queue as it is afterwards; undefined when another process holds it. */
  async function attemptDelivery(endpoint: StoredEndpoint, claim: Claim) {
    const { queue, first } = claim;
    const [partition] = splitLast(endpoint._id);
    const event = await events.findOne({ _id: `${partition}/${first.event}` });
    const body = event ? openBody(event) : undefined;
    // Kept no longer, or lost with its key: there is nothing to send.
    if (body === undefined) return record(claim, undefined, undefined);
    const { retryAfterMs, ...posted } = await post(endpoint, first.event, body);
    const attempt: StoredAttempt = { event: first.event, type: first.type, ...posted };
    metrics.webhookAttempts.add({ outcome: outcomeOf(posted) });
    const disabled = await health.record(endpoint, attempt);
    if (disabled) return record(claim, attempt, undefined, true);
    if (isAccepted(posted)) return record(claim, attempt, undefined);
    const failed = { at: posted.at.getTime(), retryAfterMs };
    const again = nextAttemptAt(first, failed, clock.now(), random);
    if (again === undefined) {
      metrics.webhookEventsGivenUp.add({});
      const { status, error } = posted;
      log.warn({ delivery: queue._id, event: first.event, status, error }, 'webhook event given up');
    }
    return record(claim, attempt, again);
  }

  /** `again`: when the event is sent next; undefined where it is no longer pending. `disabled`: no event is. */
  async function record(
    { queue: { _id }, first, lease }: Claim,
    attempt: StoredAttempt | undefined,
    again: number | undefined,
    disabled = false,
  ): Promise<StoredWebhookDelivery | undefined> {
    for (;;) {
      const seen = await queues.findOne({ _id });
      if (seen?.lease !== lease) return undefined;
      const rest = seen.waiting.filter(({ event }) => event !== first.event);
      const waiting = disabled ? [] : again === undefined ? rest : seen.waiting;
      const done = waiting.length === 0;
      const stored = await changed(seen, {
        $set: {
          waiting,
          ...(!done && dueAgain(_id, again ?? clock.now())),
          ...(attempt && { tries: [...seen.tries, attempt].slice(-WEBHOOK_LIMITS.attemptsKept) }),
        },
        $unset: { lease: '', ...(done && { dueAt: '', dueKey: '' }) },
      });
      if (stored) return stored;
    }
  }

  return async (due, again) => {
    const queue = isDue(due) ? await sendFirst(due) : undefined;
    if (queue && isDue(queue)) again(queue);
  };
}

const outcomeOf = (posted: Posted) =>
  isAccepted(posted) ? 'accepted' : posted.status === undefined ? 'unanswered' : 'refused';
