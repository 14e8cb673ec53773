import { beforeAll, describe, expect, it } from 'vitest';
import type { Documents } from '../../../server/store/documents.js';
import { eachEngine } from '../../support/engines.js';
import { failOperation } from '../../support/wrapOperations.js';
import { Adversary, type Below, mostWithin } from './support/adversary.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** How long a unit counts beyond its window: three lifetimes of an hour, and a minute. */
const SLACK = 181 * MINUTE;

const CASES = [
  { digits: 6, window: DAY, strangers: 20, all: 30 },
  { digits: 5, window: 2 * DAY, strangers: 7, all: 10 },
  { digits: 4, window: 30 * DAY, strangers: 28, all: 38 },
];

/** A linear congruential generator: the same play every time. */
function generator(seed: number): Below {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Thousands of operations, on a machine that runs other tests beside it. */
const PATIENCE_MS = 120_000;

eachEngine(({ newStore, name }) => {
  let documents: Documents[];
  let phones = 3_005_000_000;
  const newPhone = () => `+57${phones++}`;
  beforeAll(async () => {
    const store = await newStore();
    documents = [await store.open(), await store.open()];
  });
  let turn = 0;
  const open = () => documents[turn++ % documents.length]!;

  // On the test server for MongoDB, which is slow, five windows of six digits only.
  const cases = CASES.map((one) => ({ ...one, windows: name === 'embedded' || one.digits === 6 ? 5 : 2 }));

  describe.each(cases)('of $digits digits, over $windows windows,', (rule) => {
    const { digits, window, windows, strangers, all } = rule;
    const span = window + SLACK;

    it(
      `a stranger has exactly ${strangers} codes compared in each and never one more`,
      async () => {
        const adversary = new Adversary({ open, digits, phone: newPhone(), below: generator(digits) });
        await adversary.register();
        const begun = adversary.clock.now();
        await adversary.search(begun + windows * span);
        expect(mostWithin(adversary.comparisons, window)).toBe(strangers);
        expect(mostWithin(adversary.comparisons, span)).toBe(strangers);
        expect(adversary.comparisons.length).toBe(windows * strangers);
      },
      PATIENCE_MS,
    );

    it(
      `a person at a known source has exactly ${all}`,
      async () => {
        const options = { open, digits, phone: newPhone(), below: generator(digits), deviceId: 'known' };
        const adversary = new Adversary(options);
        await adversary.register();
        const begun = adversary.clock.now();
        for (let n = 1; n <= windows; n++) {
          await adversary.verify();
          await adversary.search(begun + n * span);
        }
        expect(mostWithin(adversary.comparisons, window)).toBe(all);
        expect(mostWithin(adversary.comparisons, span)).toBe(all);
        expect(adversary.comparisons.length).toBe(windows * all);
      },
      PATIENCE_MS,
    );
  });

  it.each([1, 2, 3, 4, 5, 6].slice(0, name === 'embedded' ? 6 : 2))(
    'in any order of calls, by two processes that die between any two operations, no more are compared (play %i)',
    async (seed) => {
      const { digits, window, strangers } = CASES[seed % CASES.length]!;
      const below = generator(seed * 7919);
      const adversary = new Adversary({ open, digits, phone: newPhone(), below });
      await adversary.register();
      for (let round = 0; round < 12; round++) {
        const fault = { at: below(60), carriedOut: below(2) === 0, kind: 'crash' } as const;
        const faulty = failOperation(open(), fault);
        adversary.restart(open(), faulty.documents);
        // What a dead process was about to do is never done; the others go on.
        await Promise.race([adversary.play(12), faulty.crashed]);
        adversary.restart(open(), open());
        adversary.clock.advance(below(4) * 60 * MINUTE);
      }
      expect(adversary.comparisons.length).toBeGreaterThan(0);
      expect(mostWithin(adversary.comparisons, window)).toBeLessThanOrEqual(strangers);
    },
    PATIENCE_MS,
  );
});
