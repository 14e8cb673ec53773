import { FairSemaphore, type GiveUp } from '../fairness/fairSemaphore.js';
import { type Requester, Shares } from '../fairness/shares.js';
import type { Logger } from '../observe/log.js';
import type { Clock } from '../platform/clock.js';
import type { Collection, Document } from './documents.js';
import { createDueRounds } from './dueRounds.js';

/** How often the store is polled for work this process was not offered: another process's, or a retry. */
const POLL_MS = 1_000;
/** Documents asked for at once. */
const BATCH = 50;
/** Documents kept in memory beyond those that are worked on; polling finds those that do not fit. */
const WAITING = 1_000;

/** Work that waits in documents until a date in them has come. */
export interface DueQueue<T extends Document> {
  start(): void;
  /** This document has work now: no need to look for it. */
  offer(document: T): void;
  /**
   * A place to work at once on a document that is about to be stored, claimed
   * already; undefined where it would have to wait.
   */
  reserve(requester: Requester): Place<T> | undefined;
  /** Documents that are worked on now. */
  underWay(): number;
  /** How long the earliest due document has been due, milliseconds; 0 where none is. Asks the store. */
  lag(): Promise<number>;
  /** Starts nothing new and resolves when running work is done. */
  stop(): Promise<void>;
}

/** A place taken in a queue. One of the two is to be called. */
export interface Place<T extends Document> {
  /** Works on the document that was stored. */
  use(document: T, work: Work<T>): void;
  leave(): void;
}

/**
 * Claims the document by a guarded update, does one job of it, and moves or
 * unsets the date. A document that has another job at once is passed to `again`,
 * so that others have their turn in between.
 */
export type Work<T extends Document> = (document: T, again: (document: T) => void) => Promise<unknown>;

interface Options<T extends Document> {
  readonly name: string;
  readonly collection: Collection<T>;
  /** The indexed date field that says when a document is due. */
  readonly due: keyof T & string;
  /**
   * The indexed text field with the document's dueKey, by which the work of every
   * workspace is found. Without one documents are found in the order of their dates.
   */
  readonly key?: keyof T & string;
  /** Whose work a document is. */
  readonly requesterOf: (document: T) => Requester;
  readonly work: Work<T>;
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
 * Workspaces, and the clients of each, are served in rotation; nothing is refused,
 * because what does not fit into memory stays in the store.
 */
export function createDueQueue<T extends Document>(options: Options<T>): DueQueue<T> {
  const { name, collection, due, key, requesterOf, work, clock, log, failed, concurrency } = options;
  const permits = new FairSemaphore(concurrency);
  const places = new Shares(concurrency + WAITING);
  const waits = new Set<GiveUp>();
  /** How often each document is held here, waiting or worked on. */
  const held = new Map<string, number>();
  const jobs = new Set<Promise<void>>();
  let running = false;
  let cancelPoll = () => {};
  let polling: Promise<void> | undefined;
  /** The last poll found more than it could take. */
  let backlog = false;
  const rounds =
    key && createDueRounds({ collection, key, due, batch: BATCH, take: find, now: () => clock.now() });
  const refilling = new Set<string>();

  /** Takes a document that was found, unless it is held already. */
  function find(document: T): boolean {
    return held.has(document._id) || take(document);
  }

  /** Takes a document unless the share of its workspace or client is taken. */
  function take(document: T): boolean {
    const requester = requesterOf(document);
    if (!running || !places.allows(requester)) return false;
    places.take(requester);
    hold(document, requester, run(document, requester));
    return true;
  }

  /** Notes a document for which a place is taken, until its job is done. */
  function hold(document: T, requester: Requester, working: Promise<void>): void {
    held.set(document._id, (held.get(document._id) ?? 0) + 1);
    const job: Promise<void> = working.then(() => {
      jobs.delete(job);
      places.giveBack(requester);
      const others = (held.get(document._id) ?? 1) - 1;
      if (others > 0) held.set(document._id, others);
      else held.delete(document._id);
      if (backlog && places.taken < concurrency / 2) pollNow();
      refill(requester.workspace);
    });
    jobs.add(job);
  }

  function reserve(requester: Requester): Place<T> | undefined {
    if (!running || !places.allows(requester) || !permits.acquireNow(requester)) return undefined;
    places.take(requester);
    return {
      use: (document, claimed) => hold(document, requester, runWithPermit(document, requester, claimed)),
      leave() {
        permits.release(requester);
        places.giveBack(requester);
      },
    };
  }

  async function run(document: T, requester: Requester): Promise<void> {
    try {
      await permits.acquire(requester, waits);
    } catch {
      // Stopped: the document stays due in the store.
      return;
    }
    await runWithPermit(document, requester, work);
  }

  async function runWithPermit(document: T, requester: Requester, job: Work<T>): Promise<void> {
    try {
      await job(document, take);
    } catch (error) {
      failed?.();
      log.error({ err: error, queue: name, document: document._id }, 'work failed');
    } finally {
      permits.release(requester);
    }
  }

  async function poll(): Promise<void> {
    backlog = false;
    const filter = { [due]: { $lte: new Date(clock.now()) } };
    const found = await collection.find(filter, { sort: { [due]: 1 }, limit: BATCH }).toArray();
    const taken = found.map(find);
    backlog = found.length === BATCH || taken.includes(false);
    await rounds?.next();
  }

  /** Looks for more of a workspace as soon as little of what was found is left. */
  function refill(workspace: string): void {
    if (!running || !rounds?.behind.has(workspace) || refilling.has(workspace)) return;
    if (places.takenBy(workspace) > BATCH / 2) return;
    refilling.add(workspace);
    const job: Promise<void> = rounds
      .refill(workspace)
      .catch(cannotAsk)
      .then(() => {
        refilling.delete(workspace);
        jobs.delete(job);
      });
    jobs.add(job);
  }

  const cannotAsk = (error: unknown) =>
    log.warn({ err: error, queue: name }, 'the store cannot be asked for due work; trying again');

  function pollNow(): void {
    if (!running || polling) return;
    cancelPoll();
    polling = poll()
      .catch(cannotAsk)
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
    offer: take,
    reserve,
    underWay: () => permits.held,
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
      for (const giveUp of waits) giveUp(new Error('the queue has stopped'));
      await polling;
      await Promise.all(jobs);
    },
  };
}
