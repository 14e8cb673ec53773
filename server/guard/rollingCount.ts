/**
 * Counts of the last so many seconds, by parts of a twelfth of them: `p<part>` →
 * how many. One `$inc` counts correctly beside concurrent ones, and returns the
 * whole window; a list of every hit would grow with the limit.
 */
export type RollingCount = Readonly<Record<string, number>>;

const PARTS = 12;

// Multiplied before they are divided: a part of a window of 61 s is no whole number of milliseconds.
const partOf = (windowSeconds: number, now: number): number =>
  Math.floor((now * PARTS) / (windowSeconds * 1000));
const startOf = (windowSeconds: number, part: number): number =>
  Math.ceil((part * windowSeconds * 1000) / PARTS);

/** When what was counted in a part counts no longer. */
const leavesAt = (windowSeconds: number, part: number): number => startOf(windowSeconds, part + PARTS + 1);

/** The key of the part that `now` falls into. */
export const partKey = (windowSeconds: number, now: number): string => `p${partOf(windowSeconds, now)}`;

/**
 * The parts that count, oldest first: the running one, twelve before it, so that
 * a whole window is always covered, and the next, into which a process counts
 * whose clock is ahead.
 */
function counting(count: RollingCount, windowSeconds: number, now: number): [part: number, hits: number][] {
  const current = partOf(windowSeconds, now);
  return Object.entries(count)
    .map(([key, hits]): [number, number] => [Number(key.slice(1)), hits])
    .filter(([part]) => part <= current + 1 && part >= current - PARTS)
    .sort(([a], [b]) => a - b);
}

/**
 * What was counted in the last `windowSeconds`, and up to a twelfth longer ago.
 * Never below zero, although what is taken back may leave later than what it was
 * taken from.
 */
export const rollingTotal = (count: RollingCount = {}, windowSeconds: number, now: number): number =>
  Math.max(
    0,
    counting(count, windowSeconds, now).reduce((sum, [, hits]) => sum + hits, 0),
  );

/**
 * Milliseconds until `isFree` becomes true as parts leave the window, if nothing
 * more is counted; undefined where it never does.
 */
export function waitUntil(
  count: RollingCount = {},
  windowSeconds: number,
  now: number,
  isFree: (at: number) => boolean,
): number | undefined {
  const moments = counting(count, windowSeconds, now).map(([part]) => leavesAt(windowSeconds, part));
  const first = moments.find(isFree);
  return first === undefined ? undefined : first - now;
}

/** The latest part in which something was counted, and whether it is before the running one. */
export function lastPart(
  count: RollingCount,
  windowSeconds: number,
  now: number,
): { readonly key: string; readonly isPast: boolean } | undefined {
  const last = counting(count, windowSeconds, now).findLast(([, hits]) => hits > 0);
  return last && { key: `p${last[0]}`, isPast: last[0] < partOf(windowSeconds, now) };
}

/** Keys that will never count again. */
export function staleKeys(count: RollingCount = {}, windowSeconds: number, now: number): string[] {
  const live = new Set(counting(count, windowSeconds, now).map(([part]) => `p${part}`));
  return Object.keys(count).filter((key) => !live.has(key));
}

/** How long after `now` a count has to be kept, milliseconds: longest where a part has just begun. */
export const keptMs = (windowSeconds: number): number =>
  Math.ceil(((PARTS + 1) * windowSeconds * 1000) / PARTS);
