import { Failure } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import { FairSemaphore, type GiveUp } from './fairSemaphore.js';

/**
 * Admission to hashing. A hash takes a whole processor for some milliseconds,
 * so only a few run at once and few wait; requests beyond that are refused
 * before anything was counted against them.
 */
export interface HashPool {
  /**
   * Takes a place for one request of a workspace. Throws Failure OVERLOADED with
   * `retryAfterMs` when every place, or this workspace's share, is taken. When
   * `signal` aborts, tasks of the slot that still wait are dropped.
   */
  enter(workspace: string, signal?: AbortSignal): Slot;
  counts(): HashPoolCounts;
}

/** A place in the pool, held by one request until it leaves. */
export interface Slot {
  /** Runs the task as soon as a permit is free. Rejects with the signal's reason when the caller has gone by then. */
  run<T>(task: () => Promise<T>): Promise<T>;
  /** Gives the place back, in a `finally`. Leaving again does nothing. */
  leave(): void;
}

/** How the pool stands, for the metrics. */
export interface HashPoolCounts {
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
export interface HashPoolOptions {
  /** Tasks that run at once. */
  readonly concurrency: number;
  /** Places beyond `concurrency`. */
  readonly waitingRoom: number;
  readonly clock: Clock;
}

/** For hashes that cost next to nothing: everyone enters, nothing waits. */
export const openHashPool: HashPool = {
  enter: () => OPEN_SLOT,
  counts: () => ({ running: 0, waiting: 0, entered: 0, refused: 0 }),
};

const OPEN_SLOT: Slot = { run: (task) => task(), leave() {} };

/**
 * How many hashes to run at once: one per processor, but never every thread of
 * the pool they run on (libuv's, UV_THREADPOOL_SIZE, 4 unless set), because
 * file and name look-ups wait there too.
 */
export const hashConcurrency = (processors: number, threads = 4): number =>
  Math.max(1, Math.min(processors, threads - 1));

/** A pool that serves workspaces in rotation and gives none the whole waiting room. */
export const createHashPool = (options: HashPoolOptions): HashPool => new BoundedPool(options);

const MIN_RETRY_MS = 50;
const MAX_RETRY_MS = 5_000;
/** What a task is thought to take before any was measured. */
const FIRST_GUESS_MS = 12;

class BoundedPool implements HashPool {
  readonly #options: HashPoolOptions;
  readonly #semaphore: FairSemaphore;
  /** Places taken, by workspace. */
  readonly #held = new Map<string, number>();
  #entered = 0;
  #refused = 0;
  #usualMs = FIRST_GUESS_MS;

  constructor(options: HashPoolOptions) {
    this.#options = options;
    this.#semaphore = new FairSemaphore(options.concurrency);
  }

  enter(workspace: string, signal?: AbortSignal): Slot {
    const { concurrency, waitingRoom } = this.#options;
    const mine = this.#held.get(workspace) ?? 0;
    if (this.#entered >= concurrency + waitingRoom || mine >= this.#share(workspace)) {
      this.#refused++;
      throw new Failure('OVERLOADED', { retryAfterMs: this.#retryAfterMs() });
    }
    this.#entered++;
    this.#held.set(workspace, mine + 1);
    return this.#slot(workspace, signal);
  }

  counts(): HashPoolCounts {
    const { held, waiting } = this.#semaphore;
    return { running: held, waiting, entered: this.#entered, refused: this.#refused };
  }

  #slot(workspace: string, signal?: AbortSignal): Slot {
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
        await this.#semaphore.acquire(workspace, waits);
        try {
          signal?.throwIfAborted();
          return await this.#measured(task);
        } finally {
          this.#semaphore.release();
        }
      },
      leave: () => {
        if (!open) return;
        open = false;
        signal?.removeEventListener('abort', callerGone);
        drop(new Error('a slot was left while its task waited'));
        this.#leave(workspace);
      },
    };
  }

  #leave(workspace: string): void {
    this.#entered--;
    const others = this.#held.get(workspace)! - 1;
    if (others > 0) this.#held.set(workspace, others);
    else this.#held.delete(workspace);
  }

  /** Besides what runs, an even part of the waiting room: one for each workspace inside, and one for the next to come. */
  #share(workspace: string): number {
    const inside = this.#held.size + (this.#held.has(workspace) ? 0 : 1);
    return this.#options.concurrency + Math.floor(this.#options.waitingRoom / (inside + 1));
  }

  #retryAfterMs(): number {
    const untilEmpty = (this.#entered * this.#usualMs) / this.#options.concurrency;
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
