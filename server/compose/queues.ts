import type { Contacts } from '../admin/contacts/contacts.js';
import { createRunJob } from '../admin/jobs/runJob.js';
import type { StoredJob } from '../admin/jobs/stored.js';
import type { Suppress } from '../admin/rules/suppress.js';
import type { Templates } from '../admin/templates/templates.js';
import type { StoredWallet } from '../admin/wallet/stored.js';
import { createSweep } from '../admin/wallet/sweep.js';
import type { Wallet } from '../admin/wallet/wallet.js';
import { createPurge } from '../admin/workspaces/purge.js';
import type { Workspaces } from '../admin/workspaces/workspaces.js';
import type { Config } from '../config/config.js';
import type { WorkspaceRoutes } from '../delivery/accounts/workspaceRoutes.js';
import type { Breakers } from '../delivery/breakers.js';
import { createBuildMessage } from '../delivery/buildMessage.js';
import { createDelivery } from '../delivery/deliver.js';
import { createFindSent } from '../delivery/findSent.js';
import type { Marks } from '../delivery/marks.js';
import { createOutbox } from '../delivery/outbox.js';
import { createEffects } from '../effects/effects.js';
import { createErase } from '../effects/erase.js';
import type { Expire } from '../effects/expire.js';
import { createEventWorker } from '../effects/worker.js';
import type { Guard } from '../guard/guard.js';
import type { RecipientBudget } from '../limits/recipientBudget/recipientBudget.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics/index.js';
import type { Tracing } from '../observe/tracing.js';
import type { Clock } from '../platform/clock.js';
import type { Random } from '../platform/random.js';
import type { StoredSession } from '../session/stored.js';
import { COLLECTIONS } from '../store/collections.js';
import { workspaceOf } from '../store/documentId.js';
import type { Documents } from '../store/documents.js';
import { createDueQueue } from '../store/dueQueue.js';
import type { Processes } from '../store/processes/processes.js';
import { requesterOf } from '../webhooks/due.js';
import type { StoredWebhookDelivery } from '../webhooks/stored.js';
import type { Secrets } from './secrets.js';
import type { Hooks } from './webhooks.js';

interface Parts {
  readonly config: Config;
  readonly documents: Documents;
  readonly secrets: Secrets;
  readonly workspaces: Workspaces;
  /** Writes the statistics and refusals that this process has counted. */
  readonly flushCounts: () => Promise<unknown>;
  readonly budget: RecipientBudget;
  readonly wallet: Wallet;
  readonly templates: Templates;
  readonly contacts: Contacts;
  readonly suppress: Suppress;
  readonly guard: Guard;
  readonly hooks: Hooks;
  readonly workspaceRoutes: WorkspaceRoutes;
  readonly breakers: Breakers;
  readonly expire: Expire;
  readonly processes: Processes;
  readonly marks: Marks;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly tracing: Tracing | undefined;
  readonly log: Logger;
}

export type Queues = ReturnType<typeof composeQueues>['queues'];

/** The loops that work in the background: delivery, events, webhooks, ends by time, erasing, jobs, what a crash left of a wallet. */
export function composeQueues(parts: Parts) {
  const {
    config,
    documents,
    secrets,
    workspaces,
    templates,
    workspaceRoutes: routes,
    hooks,
    metrics,
    clock,
    log,
  } = parts;
  const sessions = documents.collection<StoredSession>('sessions');
  const open = (id: string, field: string, sealed: string) =>
    secrets.encryption.open({ collection: 'sessions', id, field }, sealed);
  const buildMessage = createBuildMessage({
    open,
    brandingOf: (workspace) => workspaces.get(workspace),
    pageHost: config.publicUrl === undefined ? undefined : new URL(config.publicUrl).hostname,
    templateOf: (workspace, kind, locale) => templates.find(workspace, kind, locale),
    clock,
    log,
  });
  const named = (queue: string) => ({ name: queue, failed: () => metrics.queueFailures.add({ queue }) });
  const common = {
    collection: sessions,
    requesterOf: (session: StoredSession) => ({ workspace: workspaceOf(session), client: session.client }),
    clock,
    log,
  };
  const delivery = createDelivery({
    sessions,
    ...parts,
    routeOf: async ({ _id, operation, onlyProvider }, channel) => {
      const workspace = workspaceOf({ _id });
      if (onlyProvider) return routes.of(workspace, { [channel]: [onlyProvider] }, { channel });
      const { routes: wanted } = await workspaces.get(workspace);
      return routes.of(workspace, wanted, {
        channel,
        withTransaction: operation?.transaction !== undefined,
      });
    },
    buildMessage,
  });
  const queues = {
    outbox: createDueQueue({
      ...common,
      ...named('outbox'),
      due: 'deliverAt',
      key: 'deliverKey',
      concurrency: 32,
      work: delivery.deliver,
    }),
    events: createDueQueue({
      ...common,
      ...named('events'),
      due: 'eventsAt',
      key: 'eventsKey',
      concurrency: 16,
      work: createEventWorker({
        sessions,
        applyEffects: createEffects({ ...parts, webhooks: hooks.webhooks, open }),
        owner: parts.processes.id,
        clock,
      }),
    }),
    expiring: createDueQueue({
      ...common,
      ...named('expiring'),
      due: 'expireAt',
      concurrency: 8,
      work: parts.expire,
    }),
    erasing: createDueQueue({
      ...common,
      ...named('erasing'),
      due: 'eraseAt',
      concurrency: 4,
      work: createErase(sessions, clock),
    }),
    webhooks: createDueQueue({
      collection: documents.collection<StoredWebhookDelivery>('webhookDeliveries'),
      clock,
      log,
      ...named('webhooks'),
      due: 'dueAt',
      key: 'dueKey',
      requesterOf,
      concurrency: 32,
      work: hooks.deliver,
    }),
    jobs: createDueQueue({
      collection: documents.collection<StoredJob>('jobs'),
      clock,
      log,
      ...named('jobs'),
      due: 'dueAt',
      requesterOf: (job) => ({ workspace: workspaceOf(job), client: job.actor }),
      concurrency: 2,
      work: createRunJob({
        ...parts,
        runners: {
          PURGE_WORKSPACE: createPurge({ ...parts, collections: COLLECTIONS.map(({ name }) => name) }),
        },
      }),
    }),
    sweeping: createDueQueue({
      collection: documents.collection<StoredWallet>('wallets'),
      clock,
      log,
      ...named('sweeping'),
      due: 'sweepAt',
      requesterOf: ({ _id }) => ({ workspace: _id, client: '' }),
      concurrency: 4,
      work: createSweep(documents, clock),
    }),
  };
  const newSearch = createFindSent({
    buildMessage,
    providerOf: (session, channel, name) => routes.named(workspaceOf(session), channel, name),
    clock,
    log,
  });
  return { queues, outbox: createOutbox(queues.outbox, delivery.claimNew), newSearch };
}
