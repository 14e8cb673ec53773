/**
 * Counts of the last so many seconds, by parts of a twelfth of them: `p<part>` →
 * how many. One `$inc` counts, whoever counts at the same time, and what it
 * gives back is the whole window; a list of every hit would grow with the limit.
 */
export type RollingCount = Readonly<Record<string, number>>;

const PARTS = 12;

const partMs = (windowSeconds: number): number => (windowSeconds * 1000) / PARTS;
const partOf = (windowSeconds: number, now: number): number => Math.floor(now / partMs(windowSeconds));

/** The key of the part that `now` falls into. */
export const partKey = (windowSeconds: number, now: number): string => `p${partOf(windowSeconds, now)}`;

/** The parts that count, oldest first: the running one and twelve before it, so that a whole window is always covered. */
function counting(count: RollingCount, windowSeconds: number, now: number): [part: number, hits: number][] {
  const current = partOf(windowSeconds, now);
  return Object.entries(count)
    .map(([key, hits]): [number, number] => [Number(key.slice(1)), hits])
    .filter(([part]) => part <= current && part >= current - PARTS)
    .sort(([a], [b]) => a - b);
}

/** What was counted in the last `windowSeconds`, and up to a twelfth longer ago. */
export const totalOf = (count: RollingCount = {}, windowSeconds: number, now: number): number =>
  counting(count, windowSeconds, now).reduce((sum, [, hits]) => sum + hits, 0);

/** Milliseconds until the total has fallen to `most`, if nothing more is counted. */
export function fallsIn(count: RollingCount = {}, windowSeconds: number, now: number, most: number): number {
  let total = totalOf(count, windowSeconds, now);
  for (const [part, hits] of counting(count, windowSeconds, now)) {
    total -= hits;
    if (total <= most) return Math.ceil((part + PARTS + 1) * partMs(windowSeconds)) - now;
  }
  return 0;
}

/** Keys that will never count again. */
export function stale(count: RollingCount = {}, windowSeconds: number, now: number): string[] {
  const live = new Set(counting(count, windowSeconds, now).map(([part]) => `p${part}`));
  return Object.keys(count).filter((key) => !live.has(key));
}

/** How long after `now` a count has to be kept, milliseconds. */
export const keptMs = (windowSeconds: number): number => Math.ceil((PARTS + 1) * partMs(windowSeconds));
