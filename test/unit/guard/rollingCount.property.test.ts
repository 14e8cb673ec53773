import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import {
  keptMs,
  partKey,
  type RollingCount,
  rollingTotal,
  staleKeys,
  waitUntil,
} from '../../../server/guard/rollingCount.js';

/** Windows of whole seconds, most of them no multiple of what makes their parts whole milliseconds. */
const windowSeconds = fc.oneof(
  fc.integer({ min: 60, max: 2_678_400 }),
  fc.constantFrom(60, 61, 67, 3_600, 86_399, 2_678_400),
);
/** Where the test begins: near the begin of a part, or anywhere. */
const start = fc.integer({ min: Date.UTC(2030, 0), max: Date.UTC(2060, 0) });
/** Hits, as shares of a window before now. */
const ages = fc.array(fc.double({ min: 0, max: 1.3, noNaN: true }), { maxLength: 40 });

interface Case {
  readonly window: number;
  readonly now: number;
  readonly hits: readonly number[];
  readonly count: RollingCount;
}

const cases: fc.Arbitrary<Case> = fc.tuple(windowSeconds, start, ages).map(([window, now, shares]) => {
  const hits = shares.map((share) => now - Math.round(share * window * 1000));
  const count: Record<string, number> = {};
  for (const at of hits) {
    const key = partKey(window, at);
    count[key] = (count[key] ?? 0) + 1;
  }
  return { window, now, hits, count };
});

describe('a rolling count', () => {
  test.prop([cases])('holds every hit of the last window, and none a twelfth older', (given) => {
    const { window, now, hits, count } = given;
    const within = (ms: number) => hits.filter((at) => at > now - ms).length;
    const total = rollingTotal(count, window, now);
    expect(total).toBeGreaterThanOrEqual(within(window * 1000));
    // A part that is no whole number of milliseconds begins at the next whole one.
    expect(total).toBeLessThanOrEqual(within((window * 1000 * 13) / 12 + 1));
  });

  test.prop([cases, fc.nat({ max: 10 })])('says to the millisecond when it has fallen', (given, most) => {
    const { window, now, count } = given;
    const isFree = (at: number) => rollingTotal(count, window, at) <= most;
    fc.pre(!isFree(now));
    const wait = waitUntil(count, window, now, isFree)!;
    expect(isFree(now + wait)).toBe(true);
    expect(isFree(now + wait - 1)).toBe(false);
    expect(wait).toBeLessThanOrEqual(keptMs(window));
  });

  test.prop([cases])('is empty once it is kept no longer', ({ window, now, count }) => {
    expect(rollingTotal(count, window, now + keptMs(window))).toBe(0);
  });

  test.prop([cases, fc.nat({ max: 10_000_000 })])('loses nothing with what is stale', (given, later) => {
    const { window, now, count } = given;
    const gone = new Set(staleKeys(count, window, now));
    const swept = Object.fromEntries(Object.entries(count).filter(([key]) => !gone.has(key)));
    for (const at of [now, now + later])
      expect(rollingTotal(swept, window, at)).toBe(rollingTotal(count, window, at));
  });

  test.prop([windowSeconds, start])('holds what a process counted whose clock is ahead', (window, now) => {
    const ahead = { [partKey(window, now + (window * 1000) / 12)]: 3 };
    expect(rollingTotal(ahead, window, now)).toBe(3);
    expect(staleKeys(ahead, window, now)).toEqual([]);
  });

  test.prop([windowSeconds, start])('is never below zero', (window, now) => {
    expect(rollingTotal({ [partKey(window, now)]: -2 }, window, now)).toBe(0);
    expect(rollingTotal(undefined, window, now)).toBe(0);
  });
});
