import { Failure } from '../errors.js';
import type { Clock } from '../platform/clock.js';
import { FairSemaphore, type GiveUp } from './fairSemaphore.js';
import { type Requester, Shares } from './shares.js';

/**
 * Admission to work that few may do at once. Few run and few wait; requests
 * beyond that are refused before anything was counted against them.
 */
export interface FairPool {
  /**
   * Takes a place for one request. Throws Failure OVERLOADED with `retryAfterMs`
   * when every place, or the share of this workspace or client, is taken. When
   * `signal` aborts, tasks of the slot that still wait are dropped.
   */
  enter(requester: Requester, signal?: AbortSignal): Slot;
  counts(): FairPoolCounts;
}

/** A place in the pool, held by one request until it leaves. */
export interface Slot {
  /** Runs the task as soon as a permit is free. Rejects with the signal's reason when the caller has gone by then. */
  run<T>(task: () => Promise<T>): Promise<T>;
  /** Gives the place back, in a `finally`. Leaving again does nothing. */
  leave(): void;
}

/** How the pool stands, for the metrics. */
export interface FairPoolCounts {
  /** Tasks running. */
  readonly running: number;
  /** Tasks waiting to run. */
  readonly waiting: number;
  /** Places taken, by requests whose task runs, waits or is yet to come. */
  readonly entered: number;
  /** Requests refused since the start. */
  readonly refused: number;
}

/** The size of a pool. */
export interface FairPoolOptions {
  /** Tasks that run at once. */
  readonly concurrency: number;
  /** Places beyond `concurrency`. */
  readonly waitingRoom: number;
  /** What a task is thought to take before any was measured, milliseconds. */
  readonly usualMs: number;
  readonly clock: Clock;
}

/** A pool that serves workspaces, and the clients of each, in rotation and gives none all of its places. */
export const createFairPool = (options: FairPoolOptions): FairPool => new BoundedPool(options);

const MIN_RETRY_MS = 50;
const MAX_RETRY_MS = 5_000;

class BoundedPool implements FairPool {
  readonly #options: FairPoolOptions;
  readonly #semaphore: FairSemaphore;
  readonly #places: Shares;
  #refused = 0;
  #usualMs: number;

  constructor(options: FairPoolOptions) {
    const { concurrency, waitingRoom, usualMs } = options;
    this.#options = options;
    this.#semaphore = new FairSemaphore(concurrency);
    this.#places = new Shares(concurrency + waitingRoom);
    this.#usualMs = usualMs;
  }

  enter({ workspace, client }: Requester, signal?: AbortSignal): Slot {
    const requester = { workspace, client };
    if (!this.#places.allows(requester)) {
      this.#refused++;
      throw new Failure('OVERLOADED', { retryAfterMs: this.#retryAfterMs() });
    }
    this.#places.take(requester);
    return this.#slot(requester, signal);
  }

  counts(): FairPoolCounts {
    const { held, waiting } = this.#semaphore;
    return { running: held, waiting, entered: this.#places.taken, refused: this.#refused };
  }

  #slot(requester: Requester, signal?: AbortSignal): Slot {
    const waits = new Set<GiveUp>();
    const drop = (reason: unknown) => {
      for (const giveUp of waits) giveUp(reason);
    };
    const callerGone = () => drop(signal?.reason);
    signal?.addEventListener('abort', callerGone);
    let open = true;
    return {
      run: async (task) => {
        if (!open) throw new Error('a slot was used after it was left');
        signal?.throwIfAborted();
        await this.#semaphore.acquire(requester, waits);
        try {
          signal?.throwIfAborted();
          return await this.#measured(task);
        } finally {
          this.#semaphore.release(requester);
        }
      },
      leave: () => {
        if (!open) return;
        open = false;
        signal?.removeEventListener('abort', callerGone);
        drop(new Error('a slot was left while its task waited'));
        this.#places.giveBack(requester);
      },
    };
  }

  #retryAfterMs(): number {
    const untilEmpty = (this.#places.taken * this.#usualMs) / this.#options.concurrency;
    return Math.ceil(Math.min(MAX_RETRY_MS, Math.max(MIN_RETRY_MS, untilEmpty)));
  }

  async #measured<T>(task: () => Promise<T>): Promise<T> {
    const startedAt = this.#options.clock.now();
    try {
      return await task();
    } finally {
      const ms = this.#options.clock.now() - startedAt;
      this.#usualMs += (ms - this.#usualMs) / 16;
    }
  }
}
