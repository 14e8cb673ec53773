import type { Random } from '../platform/random.js';
import type { Documents } from '../store/documents.js';
import type { Rule } from './rules.js';
import { type Counted, countHit, type HitLog, peekHit, takeBack } from './slidingLog.js';
import { countInWindow, peekWindow, uncountInWindow, type WindowCount } from './windowCount.js';

/** Rules of up to this many hits keep each hit; larger ones keep a count. */
const LARGEST_LOG = 50;

/** One hit that was counted or refused, and how to take it back. */
export interface Hit extends Counted {
  takeBack(): Promise<void>;
}

/** One way of counting the hits of a rule. */
export interface Counter {
  count(key: string, rule: Rule, now: number): Promise<Hit>;
  /** Counts nothing: whether one more hit would be allowed. */
  peek(key: string, rule: Rule, now: number): Promise<Counted>;
}

/**
 * Chooses the counter of a rule: an exact sliding log for small rules, a count
 * per fixed window for large ones. A rule changed across LARGEST_LOG starts
 * counting from zero, because the two keep different documents.
 */
export function createCounters(documents: Documents, random: Random): (rule: Rule) => Counter {
  const logs = documents.collection<HitLog>('limits');
  const windows = documents.collection<WindowCount>('limits');

  const slidingLog: Counter = {
    async count(key, rule, now) {
      const id = random.bytes(8).toString('base64url');
      const counted = await countHit(logs, key, rule, id, now);
      return { ...counted, takeBack: () => takeBack(logs, key, id) };
    },
    peek: (key, rule, now) => peekHit(logs, key, rule, now),
  };

  const fixedWindow: Counter = {
    async count(key, rule, now) {
      const counted = await countInWindow(windows, key, rule, now);
      return { ...counted, takeBack: () => uncountInWindow(windows, key, rule, now) };
    },
    peek: (key, rule, now) => peekWindow(windows, key, rule, now),
  };

  return ({ max }) => (max <= LARGEST_LOG ? slidingLog : fixedWindow);
}
