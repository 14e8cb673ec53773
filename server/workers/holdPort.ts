import cluster, { type Worker } from 'node:cluster';
import type { FromWorker, ToWorker } from './messages.js';

/** Wait before a worker that ended by itself is replaced. */
const REPLACE_MS = 1_000;
/** How long workers have to give their metrics; one that does not is left out. */
const METRICS_MS = 2_000;
/** Exit codes after which another start would end alike, or the supervisor has to start the release that is installed now. */
const FINAL = [75, 78];

interface Scrape {
  readonly texts: string[];
  missing: number;
  done(): void;
}

/**
 * Holds the port for `count` processes that serve it: starts them, replaces one
 * that ends by itself, passes on what they ask of each other, and ends when they
 * have ended. It serves nothing and opens no store. Resolves with its exit code.
 */
export function holdPort(count: number): Promise<number> {
  const ready = new Set<number>();
  const scrapes = new Map<number, Scrape>();
  let asked = 0;
  let stopping = false;
  let code = 0;

  const workers = (): Worker[] => Object.values(cluster.workers ?? {}).filter((one) => one !== undefined);
  const send = (worker: Worker, message: ToWorker) => void (worker.isConnected() && worker.send(message));
  const passOnReadiness = () => {
    const all = ready.size >= count;
    for (const worker of workers()) send(worker, { kind: 'all ready', ready: all });
  };

  /** Asks all other workers for their metrics on behalf of one. */
  function scrape(asking: Worker, askedId: number): void {
    const id = ++asked;
    const others = workers().filter((worker) => worker !== asking && ready.has(worker.id));
    const finish = () => {
      clearTimeout(timer);
      scrapes.delete(id);
      send(asking, { kind: 'scraped', id: askedId, texts: entry.texts });
    };
    const timer = setTimeout(finish, METRICS_MS);
    const entry: Scrape = { texts: [], missing: others.length, done: finish };
    scrapes.set(id, entry);
    if (others.length === 0) finish();
    for (const other of others) send(other, { kind: 'give metrics', id });
  }

  function take(worker: Worker, message: FromWorker): void {
    if (message.kind === 'scrape') scrape(worker, message.id);
    else if (message.kind === 'metrics') scraped(message);
    else nowReady(worker);
  }

  function scraped({ id, text }: Extract<FromWorker, { readonly kind: 'metrics' }>): void {
    const entry = scrapes.get(id);
    if (!entry) return;
    entry.texts.push(text);
    if (--entry.missing === 0) entry.done();
  }

  function nowReady(worker: Worker): void {
    ready.add(worker.id);
    // The first start creates keys, tables and the key ring; the others find them.
    while (workers().length < count && !stopping) cluster.fork();
    passOnReadiness();
  }

  function stopAll(): void {
    stopping = true;
    for (const worker of workers()) send(worker, { kind: 'stop' });
  }

  return new Promise((resolve) => {
    cluster.on('message', take);
    cluster.on('exit', (worker, exitCode) => {
      const wasReady = ready.delete(worker.id);
      if (stopping || FINAL.includes(exitCode) || (!wasReady && ready.size === 0)) {
        code ||= exitCode;
        if (!stopping) stopAll();
      } else setTimeout(() => !stopping && cluster.fork(), REPLACE_MS);
      passOnReadiness();
      if (stopping && workers().length === 0) resolve(code);
    });
    const stop = () => {
      if (stopping) return endNow();
      const startedAt = performance.now();
      stopAll();
      process.off('SIGINT', stop);
      // A terminal gives one key stroke to all processes, and npm passes it on once more.
      process.on('SIGINT', () => performance.now() - startedAt > REPLACE_MS && endNow());
    };
    const endNow = () => {
      for (const worker of workers()) worker.process.kill('SIGKILL');
      process.exit(1);
    };
    process.on('SIGTERM', stop).on('SIGINT', stop);
    process.on('SIGHUP', () => {
      for (const worker of workers()) worker.process.kill('SIGHUP');
    });
    cluster.fork();
  });
}
