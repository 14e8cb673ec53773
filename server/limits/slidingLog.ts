import type { Collection, Document } from '../store/documents.js';
import { insertOnce } from '../store/insertOnce.js';
import type { Rule } from './rules.js';

/** The last hits of one key, newest first. */
export interface HitLog extends Document {
  readonly hits: readonly { readonly at: Date; readonly id: string }[];
  readonly purgeAt: Date;
}

/** The result of counting one hit. */
export interface Counted {
  readonly allowed: boolean;
  readonly remaining: number;
  /** Milliseconds until the oldest hit that counts leaves the window. */
  readonly resetMs: number;
}

/**
 * Counts one hit in an exact sliding window, as one document a key: the last
 * `max` hits, newest first. The hit is allowed when fewer than `max` are kept
 * or the oldest of them has left the window, which the guard of a single
 * atomic update decides, so processes that share the store share the limit.
 */
export async function countHit(
  logs: Collection<HitLog>,
  key: string,
  rule: Rule,
  id: string,
  now: number,
): Promise<Counted> {
  const windowMs = rule.windowSeconds * 1000;
  const hit = { at: new Date(now), id };
  const purgeAt = new Date(now + windowMs);
  const last = `hits.${rule.max - 1}`;
  // Two rounds settle every race but a document purged in between; a third settles that.
  for (let round = 0; round < 3; round++) {
    const log = await logs.findOneAndUpdate(
      {
        _id: key,
        $or: [{ [last]: { $exists: false } }, { [`${last}.at`]: { $lte: new Date(now - windowMs) } }],
      },
      { $push: { hits: { $each: [hit], $position: 0, $slice: rule.max } }, $set: { purgeAt } },
    );
    if (log) return standing(log, rule, now, true);
    if (await insertOnce(logs, { _id: key, hits: [hit], purgeAt })) {
      return { allowed: true, remaining: rule.max - 1, resetMs: windowMs };
    }
    const full = await logs.findOne({ _id: key });
    if (full && full.hits.length >= rule.max) {
      const refused = standing(full, rule, now, false);
      if (refused.resetMs > 0) return refused;
    }
  }
  return { allowed: false, remaining: 0, resetMs: 1000 };
}

/** How the key stands, counting nothing: whether one more hit would be allowed. */
export async function peekHit(
  logs: Collection<HitLog>,
  key: string,
  rule: Rule,
  now: number,
): Promise<Counted> {
  const log = await logs.findOne({ _id: key });
  if (!log) return { allowed: true, remaining: rule.max, resetMs: 0 };
  const { remaining, resetMs } = standing(log, rule, now, true);
  return { allowed: remaining > 0, remaining, resetMs };
}

function standing(log: HitLog, rule: Rule, now: number, allowed: boolean): Counted {
  const since = now - rule.windowSeconds * 1000;
  const counting = log.hits.slice(0, rule.max).filter((hit) => hit.at.getTime() > since);
  const oldest = counting.at(-1);
  return {
    allowed,
    remaining: Math.max(0, rule.max - counting.length),
    resetMs: oldest ? oldest.at.getTime() - since : 0,
  };
}

/** Takes one hit back: what it was counted for did not happen. */
export async function takeBack(logs: Collection<HitLog>, key: string, id: string): Promise<void> {
  await logs.findOneAndUpdate({ _id: key }, { $pull: { hits: { id } } });
}
