import { createFairPool, type FairPool, type FairPoolOptions, type Slot } from '../../fairness/fairPool.js';

/**
 * Admission to hashing. A hash takes a whole processor for some milliseconds,
 * so only a few run at once and few wait.
 */
export type HashPool = FairPool;

/** For hashes that cost next to nothing: everyone enters, nothing waits. */
export const openHashPool: HashPool = {
  enter: () => OPEN_SLOT,
  counts: () => ({ running: 0, waiting: 0, entered: 0, refused: 0 }),
};

const OPEN_SLOT: Slot = { run: (task) => task(), leave() {} };

/** What a hash is thought to take before any was measured. */
const USUAL_MS = 12;

/**
 * How many hashes to run at once: one per processor, but never every thread of
 * the pool they run on (libuv's, UV_THREADPOOL_SIZE, 4 unless set), because
 * file and name look-ups wait there too.
 */
export const hashConcurrency = (processors: number, threads = 4): number =>
  Math.max(1, Math.min(processors, threads - 1));

export const createHashPool = (options: Omit<FairPoolOptions, 'usualMs'>): HashPool =>
  createFairPool({ ...options, usualMs: USUAL_MS });
