import { type Collection, type Document, DuplicateKey } from '../store/documents.js';
import type { Rule } from './rules.js';
import type { Counted } from './slidingLog.js';

/** What is left of one window. */
export interface Countdown extends Document {
  readonly left: number;
  readonly purgeAt: Date;
}

/** The document of the window that `now` falls into. */
export const windowKey = (key: string, rule: Rule, now: number): string =>
  `${key}/${Math.floor(now / (rule.windowSeconds * 1000))}`;

/**
 * Counts one hit of a rule too large to keep every hit of: a count-down per
 * fixed window. At the seam of two windows up to twice `max` can pass within
 * one window's length.
 */
export async function countDown(
  windows: Collection<Countdown>,
  key: string,
  rule: Rule,
  now: number,
): Promise<Counted> {
  const windowMs = rule.windowSeconds * 1000;
  const resetMs = windowMs - (now % windowMs);
  const _id = windowKey(key, rule, now);
  for (let round = 0; round < 2; round++) {
    const window = await windows.findOneAndUpdate({ _id, left: { $gt: 0 } }, { $inc: { left: -1 } });
    if (window) return { allowed: true, remaining: window.left, resetMs };
    try {
      await windows.insertOne({ _id, left: rule.max - 1, purgeAt: new Date(now + resetMs) });
      return { allowed: true, remaining: rule.max - 1, resetMs };
    } catch (error) {
      if (!(error instanceof DuplicateKey)) throw error;
    }
  }
  return { allowed: false, remaining: 0, resetMs };
}

/** How the key stands, counting nothing: whether one more hit would be allowed. */
export async function peekDown(
  windows: Collection<Countdown>,
  key: string,
  rule: Rule,
  now: number,
): Promise<Counted> {
  const windowMs = rule.windowSeconds * 1000;
  const window = await windows.findOne({ _id: windowKey(key, rule, now) });
  const remaining = window?.left ?? rule.max;
  return { allowed: remaining > 0, remaining, resetMs: windowMs - (now % windowMs) };
}

/** Takes one hit back: what it was counted for did not happen. */
export async function countUp(
  windows: Collection<Countdown>,
  key: string,
  rule: Rule,
  at: number,
): Promise<void> {
  await windows.findOneAndUpdate({ _id: windowKey(key, rule, at) }, { $inc: { left: 1 } });
}
