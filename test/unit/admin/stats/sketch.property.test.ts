import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { type Bins, binOf, createSketch, RELATIVE_ERROR } from '../../../../server/admin/stats/sketch.js';
import { DAY_MS } from '../../../../server/platform/durations.js';

/** What one process counted. */
const binsOf = (times: readonly number[]): Bins => {
  const bins: Record<string, number> = {};
  for (const ms of times) bins[binOf(ms)] = (bins[binOf(ms)] ?? 0) + 1;
  return bins;
};
const quantilesOf = (...counted: Bins[]) => {
  const sketch = createSketch();
  for (const bins of counted) sketch.add(bins);
  return sketch.quantiles();
};
/** Times of a second, of minutes and of days alike, short and long ones together. */
const time = fc.oneof(
  fc.nat({ max: 2 }),
  fc.nat({ max: 1_000 }),
  fc.nat({ max: 600_000 }),
  fc.nat({ max: DAY_MS }),
);
const times = fc.array(time, { minLength: 1, maxLength: 300 });
const closeTo = (shown: number, exact: number) =>
  expect(Math.abs(shown - exact)).toBeLessThanOrEqual(Math.max(1, exact * RELATIVE_ERROR * (1 + 1e-9)));

describe('quantiles', () => {
  test.prop([times])('are within one per cent or a millisecond of a time that was measured', (all) => {
    const sorted = [...all].sort((a, b) => a - b);
    /** The smallest time that so many per cent do not exceed. */
    const exact = (percent: number) =>
      sorted.find((ms) => 100 * all.filter((other) => other <= ms).length >= percent * all.length)!;
    const shown = quantilesOf(binsOf(all))!;
    expect(shown.count).toBe(all.length);
    closeTo(shown.p50, exact(50));
    closeTo(shown.p90, exact(90));
    closeTo(shown.p99, exact(99));
  });

  test.prop([fc.array(times, { minLength: 1, maxLength: 5 })])(
    'of many processes, hours and days are those of everything counted at once',
    (parts) => {
      expect(quantilesOf(...parts.map(binsOf))).toEqual(quantilesOf(binsOf(parts.flat())));
    },
  );

  it('need few bins: a day at one per cent is less than a thousand', () => {
    expect(Number(binOf(DAY_MS).slice(1))).toBeLessThan(1_000);
    expect(binOf(0)).toBe(binOf(1));
  });

  it('of nothing are none', () => {
    expect(quantilesOf()).toBeUndefined();
  });
});
