import { describe, expect, it } from 'vitest';
import { budgetLimits } from '../../../../server/limits/recipientBudget/budgetLimits.js';
import {
  combinedChance,
  lengthBounds,
  madeWeak,
  UNLIMITED,
} from '../../../../server/limits/recipientBudget/guessBound.js';
import type { RuleOverrides } from '../../../../server/limits/rules.js';

const HOUR = 3_600_000;
const DAY_SECONDS = 86_400;
const bounds = (overrides: RuleOverrides = {}, longest = HOUR) =>
  lengthBounds(budgetLimits(overrides, longest), longest);

describe('the guess bound', () => {
  it.each([
    ['lives of an hour', HOUR, [9750, 1720, 494], [6500, 1204, 364]],
    ['lives of ten minutes', HOUR / 6, [10_740, 1810, 494], [7160, 1267, 364]],
  ])('with %s is that of the design', (_what, longest, all, strangers) => {
    const found = bounds({}, longest);
    expect(found.map(({ perYear }) => perYear)).toEqual(all);
    expect(found.map(({ perDay }) => perDay)).toEqual([30, 10, 38]);
    const chances = all.map((guesses, index) => 1 - (1 - 10 ** (index - 6)) ** guesses);
    for (const [index, { chance }] of found.entries()) expect(chance).toBeCloseTo(chances[index]!, 12);
    const byStrangers = strangers.map((guesses, index) => 1 - (1 - 10 ** (index - 6)) ** guesses);
    for (const [index, { strangerChance }] of found.entries())
      expect(strangerChance).toBeCloseTo(byStrangers[index]!, 12);
  });

  it('of several lengths is more than that of each', () => {
    expect(combinedChance(bounds(), new Set(['c6', 'c5', 'c4']))).toBeCloseTo(0.0735, 3);
    expect(combinedChance(bounds(), new Set(['c6']))).toBeCloseTo(0.0097, 4);
  });

  it('of a rule that is off is one', () => {
    const [six] = bounds({ 'recipient-guesses-6': { max: 0, windowSeconds: DAY_SECONDS } });
    expect(six).toMatchObject({ chance: 1, perYear: UNLIMITED, perDay: UNLIMITED });
  });

  it.each([
    ['recipient-guesses-6', 51, DAY_SECONDS, undefined],
    ['recipient-guesses-6', 53, DAY_SECONDS, 6],
    ['recipient-guesses-6', 20, 3600, 6],
    ['recipient-guesses-5', 9, 2 * DAY_SECONDS, 5],
    ['recipient-guesses-5', 8, 2 * DAY_SECONDS, undefined],
    ['recipient-guesses-4', 29, 30 * DAY_SECONDS, 4],
    ['recipient-guesses-4', 15, 30 * DAY_SECONDS, undefined],
    ['recipient-guesses-4', 0, 30 * DAY_SECONDS, 4],
  ] as const)('%s at %i in %i s makes codes weak: %s', (rule, max, windowSeconds, digits) => {
    const weak = madeWeak(bounds(), bounds({ [rule]: { max, windowSeconds } }), bounds());
    expect(weak?.digits).toBe(digits);
  });

  it('does not object to a weak limit that becomes less weak', () => {
    const before = bounds({ 'recipient-guesses-5': { max: 50, windowSeconds: DAY_SECONDS } });
    const after = bounds({ 'recipient-guesses-5': { max: 40, windowSeconds: DAY_SECONDS } });
    expect(madeWeak(before, after, bounds())).toBeUndefined();
  });
});
