import type { Config } from '../config/config.js';
import type { Accounts } from '../delivery/accounts/accounts.js';
import { createTakeReports } from '../delivery/reports.js';
import type { Vendor } from '../delivery/vendors/vendor.js';
import { createFairPool } from '../fairness/fairPool.js';
import { accountCallbackRoutes } from '../gateway/callbacks/accounts.js';
import { callbackRoutes } from '../gateway/callbacks/index.js';
import type { Route } from '../http/router.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics/index.js';
import type { Clock } from '../platform/clock.js';
import type { StoredSession } from '../session/stored.js';
import type { Documents } from '../store/documents.js';
import type { Queues } from './queues.js';

/** Receipts of accounts that are stored at once, how many may wait, and what one usually takes. */
const RECEIPTS = { concurrency: 4, waitingRoom: 64, usualMs: 10 };

interface Deps {
  readonly config: Config;
  readonly vendors: readonly Vendor[];
  readonly accounts: Accounts;
  readonly documents: Documents;
  readonly queues: Pick<Queues, 'outbox' | 'events'>;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'deliveryReports'>;
  readonly log: Logger;
}

/** The callback routes of the vendors that are configured and whose delivery receipts can be verified, and of accounts. */
export async function composeCallbacks(deps: Deps): Promise<Route[]> {
  const { config, vendors, accounts, documents, queues, clock } = deps;
  const take = createTakeReports({
    ...deps,
    sessions: documents.collection<StoredSession>('sessions'),
    changed(session) {
      // Another channel may have waited for this one to fail; refunds and subscribers have events.
      if (session.deliverAt) queues.outbox.offer(session);
      if (session.eventsAt) queues.events.offer(session);
    },
  });
  const { publicUrl } = config;
  const opened = await Promise.all(
    vendors.map((vendor) => vendor.openReceipts(config.vendors, { clock, publicUrl })),
  );
  const endpoints = opened.filter((endpoint) => endpoint !== undefined);
  const pool = createFairPool({ ...RECEIPTS, clock });
  return [
    ...callbackRoutes({ endpoints, publicUrl, take }),
    ...accountCallbackRoutes({ vendors, accounts, publicUrl, take, pool }),
  ];
}
