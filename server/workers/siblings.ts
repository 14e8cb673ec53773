import cluster from 'node:cluster';
import { mergeMetrics } from './mergeMetrics.js';
import type { FromWorker, ToWorker } from './messages.js';

/** The other processes behind the same port, as one of them sees them. */
export interface Siblings {
  /** How many processes there are, this one included. */
  readonly count: number;
  /** The first of them prints the welcome. */
  readonly isFirst: boolean;
  /** This process is ready. */
  ready(): void;
  /** Whether all of them are. */
  areReady(): boolean;
  /** Gives the others the metrics of this process, and returns how to ask for those of all. */
  shareMetrics(own: () => Promise<string>): () => Promise<string>;
  /** Calls `stop` when all are to stop. */
  onStop(stop: () => void): void;
}

/** Says what a worker has to say to the process that holds the port, and listens to it. */
export function joinSiblings(count: number): Siblings {
  const waiting = new Map<number, (texts: readonly string[]) => void>();
  let asked = 0;
  let allReady = false;
  let ownMetrics: () => Promise<string> = async () => '';
  let stop = () => {};
  const send = (message: FromWorker) => void (process.connected && process.send?.(message));

  process.on('message', (message: ToWorker) => {
    if (message.kind === 'stop') stop();
    else if (message.kind === 'all ready') allReady = message.ready;
    else if (message.kind === 'scraped') {
      waiting.get(message.id)?.(message.texts);
      waiting.delete(message.id);
    } else {
      void ownMetrics().then(
        (text) => send({ kind: 'metrics', id: message.id, text }),
        () => {},
      );
    }
  });

  return {
    count,
    isFirst: cluster.worker?.id === 1,
    ready: () => send({ kind: 'ready' }),
    areReady: () => allReady,
    shareMetrics(own) {
      ownMetrics = own;
      return async () => {
        const id = ++asked;
        const others = new Promise<readonly string[]>((resolve) => waiting.set(id, resolve));
        send({ kind: 'scrape', id });
        return mergeMetrics([await own(), ...(await others)]);
      };
    },
    onStop(listener) {
      stop = listener;
    },
  };
}
