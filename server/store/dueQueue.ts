import type { Logger } from '../observe/log.js';
import type { Clock } from '../platform/clock.js';
import type { Collection, Document } from './documents.js';

/** How often the store is polled for work this process was not offered: another process's, or a retry. */
const POLL_MS = 1_000;
/** Documents asked for at once. */
const BATCH = 50;
/** Offers kept waiting; polling finds those that do not fit. */
const OFFERS = 1_000;

/** Work that waits in documents until a date in them has come. */
export interface DueQueue<T extends Document> {
  start(): void;
  /** This document has work now: no need to look for it. */
  offer(document: T): void;
  /** Documents that are worked on now. */
  underWay(): number;
  /** How long the earliest due document has been due, milliseconds; 0 where none is. Asks the store. */
  lag(): Promise<number>;
  /** Starts nothing new and resolves when running work is done. */
  stop(): Promise<void>;
}

interface Options<T extends Document> {
  readonly name: string;
  readonly collection: Collection<T>;
  /** The indexed date field that says when a document is due. */
  readonly due: keyof T & string;
  /** Claims the document by a guarded update, does the work, and moves or unsets the date. */
  readonly work: (document: T) => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called for work that failed with an error. */
  readonly failed?: () => void;
  /** Documents worked on at once. */
  readonly concurrency: number;
}

/**
 * One loop per process. Any number of them share a store: `work` claims each
 * document by a guarded update, so looking at the same one twice is harmless.
 */
export function createDueQueue<T extends Document>(options: Options<T>): DueQueue<T> {
  const { name, collection, due, work, clock, log, failed, concurrency } = options;
  const underWay = new Map<string, Promise<void>>();
  const offered: T[] = [];
  let running = false;
  let cancelPoll = () => {};
  let polling: Promise<void> | undefined;
  /** The last poll found more than it could take. */
  let backlog = false;

  function run(document: T): void {
    const done = work(document)
      .catch((error) => {
        failed?.();
        log.error({ err: error, queue: name, document: document._id }, 'work failed');
      })
      .then(() => {
        underWay.delete(document._id);
        takeOffered();
        if (backlog && underWay.size < concurrency / 2) pollNow();
      });
    underWay.set(document._id, done);
  }

  function takeOffered(): void {
    while (running && underWay.size < concurrency) {
      const document = offered.shift();
      if (!document) return;
      if (!underWay.has(document._id)) run(document);
    }
  }

  async function poll(): Promise<void> {
    backlog = false;
    const filter = { [due]: { $lte: new Date(clock.now()) } };
    const found = await collection.find(filter, { sort: { [due]: 1 }, limit: BATCH }).toArray();
    const fresh = found.filter((document) => !underWay.has(document._id));
    const room = running ? Math.max(0, concurrency - underWay.size) : 0;
    for (const document of fresh.slice(0, room)) run(document);
    backlog = fresh.length > room || found.length === BATCH;
  }

  function pollNow(): void {
    if (!running || polling) return;
    cancelPoll();
    polling = poll()
      .catch((error) =>
        log.warn({ err: error, queue: name }, 'the store cannot be asked for due work; trying again'),
      )
      .then(() => {
        polling = undefined;
        if (running) cancelPoll = clock.after(POLL_MS, pollNow);
      });
  }

  return {
    start() {
      running = true;
      pollNow();
    },
    offer(document) {
      if (!running || offered.length >= OFFERS) return;
      offered.push(document);
      takeOffered();
    },
    underWay: () => underWay.size,
    async lag() {
      const now = clock.now();
      const [first] = await collection
        .find({ [due]: { $lte: new Date(now) } }, { sort: { [due]: 1 }, limit: 1 })
        .toArray();
      return first ? now - (first[due] as Date).getTime() : 0;
    },
    async stop() {
      running = false;
      cancelPoll();
      offered.length = 0;
      await polling;
      await Promise.all(underWay.values());
    },
  };
}
