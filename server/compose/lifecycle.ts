import type { AddressInfo } from 'node:net';
import type { ApiKeys } from '../admin/keys/apiKeys.js';
import type { Config } from '../config/config.js';
import type { Breakers } from '../delivery/breakers.js';
import type { createFindSent } from '../delivery/findSent.js';
import type { TlsFiles } from '../http/http1.js';
import type { Logger, LogOutput } from '../observe/log.js';
import type { Metrics } from '../observe/metrics/index.js';
import type { Serving } from '../observe/readiness.js';
import type { Tracing } from '../observe/tracing.js';
import { watchClock } from '../observe/watchClock.js';
import type { Outbound } from '../outbound/outbound.js';
import type { Clock } from '../platform/clock.js';
import type { Documents, StoreRefused } from '../store/documents.js';
import { watchFormat } from '../store/format.js';
import { createBootstrapKeys, type FirstKeys } from './bootstrapKeys.js';
import type { Scraping } from './metricsEndpoint.js';
import { composeTakeOver, type ProcessParts } from './processes.js';
import type { composeProviders } from './providers.js';
import type { Queues } from './queues.js';
import type { Service } from './service.js';
import { watchTls } from './tls.js';
import type { Listeners } from './transports.js';

/** How long requests under way may take to finish when the service stops. */
const GRACE_MS = 10_000;

/** How long what follows those requests may take: deliveries that run, and closing the store. */
const END_MS = 2_000;

interface Parts extends ProcessParts {
  readonly config: Config;
  readonly documents: Documents;
  readonly refused: Promise<StoreRefused>;
  readonly refuse: (why: StoreRefused) => void;
  readonly serving: Serving;
  readonly tls: TlsFiles | undefined;
  readonly listeners: Listeners;
  /** Called with the port once the service listens. */
  readonly listening: (port: number) => void;
  readonly breakers: Breakers;
  readonly queues: Queues;
  readonly newSearch: ReturnType<typeof createFindSent>;
  readonly isBuiltIn: (provider: string) => boolean;
  readonly keys: ApiKeys;
  readonly inbox: Awaited<ReturnType<typeof composeProviders>>['inbox'];
  readonly outbound: Outbound;
  readonly scraping: Scraping;
  readonly logOutput: LogOutput;
  readonly stopRefreshingSecrets: () => void;
  readonly closeProviders: () => Promise<void>;
  /** Writes what is counted and not yet stored. */
  readonly flushCounts: () => Promise<void>;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly tracing: Tracing | undefined;
  readonly log: Logger;
}

/** The order in which everything that has been built starts and stops. */
export function composeLifecycle(parts: Parts): Service {
  const { config, documents, listeners, inbox, queues, scraping, serving, clock, log } = parts;
  const tlsReload = watchTls({
    config,
    served: parts.tls,
    apply: (files) => {
      listeners.main.renewTls(files);
      listeners.operator?.renewTls(files);
    },
    clock,
    log,
  });
  let firstKeys: FirstKeys | undefined;
  let operatorAddress: AddressInfo | undefined;
  let watches: readonly (() => void)[] = [];
  return {
    get firstKeys() {
      return firstKeys;
    },
    inboxToken: inbox?.token,
    get operatorAddress() {
      return operatorAddress;
    },
    documents,
    refused: parts.refused,
    breakers: parts.breakers.states,
    async start() {
      const address = await listeners.main.listen(config.host, config.port);
      parts.listening(address.port);
      operatorAddress = await listeners.operator?.listen(
        config.operatorHost ?? '127.0.0.1',
        config.operatorPort ?? 0,
      );
      await inbox?.inbox.chaos.replace([]);
      // Not before: a start that fails because the port is taken would create keys that are never shown.
      firstKeys = await createBootstrapKeys(parts);
      scraping.start();
      watches = [watchFormat(documents, { clock, refused: parts.refuse }), watchClock(parts)];
      await parts.processes.start(composeTakeOver(parts));
      for (const queue of Object.values(queues)) queue.start();
      serving.become('ready');
      return address;
    },
    stopLimitMs: config.drainSeconds * 1_000 + GRACE_MS + END_MS,
    logWritten: parts.logOutput.flushed,
    reload: () => tlsReload.now(),
    async stop() {
      serving.become('stopping');
      for (const stop of watches) stop();
      tlsReload.stop();
      // Load balancers notice by their probes, which still need a response.
      await pause(clock, config.drainSeconds * 1_000);
      await Promise.all([listeners.main.stop(GRACE_MS), listeners.operator?.stop(GRACE_MS)]);
      await Promise.all(Object.values(queues).map((queue) => queue.stop()));
      scraping.stop();
      parts.stopRefreshingSecrets();
      await parts.closeProviders();
      parts.outbound.close();
      await parts.flushCounts();
      parts.marks.close();
      await parts.processes.stop();
      await documents.close();
      await parts.tracing?.close();
    },
  };
}

const pause = (clock: Clock, ms: number): Promise<void> =>
  ms > 0 ? new Promise((resolve) => clock.after(ms, resolve)) : Promise.resolve();
