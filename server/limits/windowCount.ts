import type { Collection, Document } from '../store/documents.js';
import { insertOnce } from '../store/insertOnce.js';
import type { Rule } from './rules.js';
import type { Counted } from './slidingLog.js';

/** How many hits one window has had. */
export interface WindowCount extends Document {
  readonly used: number;
  readonly purgeAt: Date;
}

/** The document of the window that `now` falls into. */
const windowKey = (key: string, rule: Rule, now: number): string =>
  `${key}/${Math.floor(now / (rule.windowSeconds * 1000))}`;

/**
 * Counts one hit of a rule too large to keep every hit of: one count per fixed
 * window. At the seam of two windows up to twice `max` can pass within one
 * window's length. What is kept is the hits and not what is left of them, so a
 * rule changed in the middle of a window holds from then on.
 */
export async function countInWindow(
  windows: Collection<WindowCount>,
  key: string,
  rule: Rule,
  now: number,
): Promise<Counted> {
  const windowMs = rule.windowSeconds * 1000;
  const resetMs = windowMs - (now % windowMs);
  const _id = windowKey(key, rule, now);
  for (let round = 0; round < 2; round++) {
    const window = await windows.findOneAndUpdate({ _id, used: { $lt: rule.max } }, { $inc: { used: 1 } });
    if (window) return { allowed: true, remaining: rule.max - window.used, resetMs };
    if (await insertOnce(windows, { _id, used: 1, purgeAt: new Date(now + resetMs) })) {
      return { allowed: true, remaining: rule.max - 1, resetMs };
    }
  }
  return { allowed: false, remaining: 0, resetMs };
}

/** How the key stands, counting nothing: whether one more hit would be allowed. */
export async function peekWindow(
  windows: Collection<WindowCount>,
  key: string,
  rule: Rule,
  now: number,
): Promise<Counted> {
  const windowMs = rule.windowSeconds * 1000;
  const window = await windows.findOne({ _id: windowKey(key, rule, now) });
  const remaining = Math.max(0, rule.max - (window?.used ?? 0));
  return { allowed: remaining > 0, remaining, resetMs: windowMs - (now % windowMs) };
}

/** Takes one hit back: what it was counted for did not happen. */
export async function uncountInWindow(
  windows: Collection<WindowCount>,
  key: string,
  rule: Rule,
  at: number,
): Promise<void> {
  await windows.findOneAndUpdate({ _id: windowKey(key, rule, at) }, { $inc: { used: -1 } });
}
