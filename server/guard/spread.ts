import { lastPart, partKey, type RollingCount } from './rollingCount.js';

/**
 * How the count of a country's prefixes changes by a message to one of them. A
 * prefix is counted once, in the part in which it was sent to last: the first
 * message of a part moves it there, so that the sum over a window is the number of
 * its prefixes, however many there are. `spread` are the messages of the prefix
 * with `own` in them, as one update returned it: of messages at the same time one
 * alone is the first.
 */
export function movedPrefix(
  spread: RollingCount,
  { windowSeconds, own, now }: { readonly windowSeconds: number; readonly own: number; readonly now: number },
): Readonly<Record<string, number>> {
  const current = partKey(windowSeconds, now);
  const others = { ...spread, [current]: (spread[current] ?? 0) - own };
  const last = lastPart(others, windowSeconds, now);
  if (last === undefined) return { [current]: 1 };
  return last.isPast ? { [current]: 1, [last.key]: -1 } : {};
}
