import type { Breakers } from '../delivery/breakers.js';
import { oldestUndelivered } from '../delivery/undelivered.js';
import type { Metrics } from '../observe/metrics/index.js';
import { type ProcessWatch, watchProcess } from '../observe/metrics/process.js';
import { createScrape, type Look } from '../observe/metrics/scrape.js';
import type { Clock } from '../platform/clock.js';
import type { HashPool } from '../secrets/hashing/hashPool.js';
import { reportHashPool } from '../secrets/hashing/measureHashPool.js';
import type { StoredSession } from '../session/stored.js';
import type { Documents } from '../store/documents.js';

/** The parts of a queue that can be looked at. */
interface Queue {
  underWay(): number;
  lag(): Promise<number>;
}

interface Parts {
  readonly metrics: Metrics;
  readonly documents: Documents;
  readonly pool: HashPool;
  readonly breakers: Breakers;
  readonly queues: Readonly<Record<string, Queue>>;
  /** Log lines that were dropped. */
  readonly droppedLines: () => number;
  /** Open connections. */
  readonly connections: () => number;
  readonly clock: Clock;
}

/** The text of /metrics, and the watch over the process that it needs. */
export interface Scraping {
  readonly scrape: () => Promise<string>;
  start(): void;
  stop(): void;
}

export function composeMetricsEndpoint(parts: Parts): Scraping {
  const { metrics, pool, connections, clock } = parts;
  let watch: ProcessWatch | undefined;
  const looks: Look[] = [
    () => watch?.look(),
    () => reportHashPool(pool, metrics),
    () => metrics.connections.set({}, connections()),
    () => metrics.logLinesDropped.set({}, parts.droppedLines()),
    () => lookAtBreakers(parts),
    () => lookAtOutbox(parts),
    () => lookAtQueues(parts),
  ];
  return {
    scrape: createScrape(metrics, looks, clock),
    start() {
      watch = watchProcess(metrics);
    },
    stop() {
      watch?.stop();
      watch = undefined;
    },
  };
}

const STATES = ['closed', 'open', 'half-open'] as const;

function lookAtBreakers({ metrics, breakers }: Parts): void {
  for (const { provider, state: current } of breakers.states()) {
    // Accounts of workspaces are without number: ListProviders shows theirs.
    if (provider.includes('/')) continue;
    for (const state of STATES) metrics.breakers.set({ provider, state }, state === current ? 1 : 0);
  }
}

async function lookAtOutbox({ metrics, documents, clock }: Parts): Promise<void> {
  metrics.oldestUndelivered.clear();
  const since = await oldestUndelivered(documents.collection<StoredSession>('sessions'));
  const age = since === undefined ? 0 : Math.max(0, clock.now() - since);
  metrics.oldestUndelivered.set({}, age / 1e3);
}

async function lookAtQueues({ metrics, queues }: Parts): Promise<void> {
  metrics.queueLag.clear();
  await Promise.all(
    Object.entries(queues).map(async ([queue, { underWay, lag }]) => {
      metrics.queueUnderWay.set({ queue }, underWay());
      metrics.queueLag.set({ queue }, (await lag()) / 1e3);
    }),
  );
}
