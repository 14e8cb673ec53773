import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Count, createLimiter, type Limiter, type Taken } from '../../../server/limits/limiter.js';
import { RULES, type RuleName, type RuleOverrides } from '../../../server/limits/rules.js';
import type { Documents } from '../../../server/store/documents.js';
import { eachEngine } from '../../support/engines.js';
import { ManualClock } from '../../support/manualClock.js';
import { seededRandom } from '../../support/seededRandom.js';

const RULE = 'user-sends' satisfies RuleName;
const { max: MAX, windowSeconds } = RULES[RULE];
const WINDOW = windowSeconds * 1000;

eachEngine(({ name: engine, newStore }) => {
  const clock = new ManualClock();
  let documents: Documents;
  let limiter: Limiter;
  /** A second process on the same store. */
  let other: Limiter;
  let keys = 0;
  const newKey = () => `key-${keys++}`;

  beforeAll(async () => {
    const store = await newStore();
    documents = await store.open({ clock });
    limiter = createLimiter(documents, clock, seededRandom('limiter'));
    other = createLimiter(await store.open({ clock }), clock, seededRandom('other'));
  });

  const one = (key: string, rule: Count['rule'] = RULE): Count[] => [{ rule, key }];
  const limitedTo = (max: number, seconds: number = windowSeconds): RuleOverrides => ({
    [RULE]: { max, windowSeconds: seconds },
  });
  const take = (key: string, overrides: RuleOverrides = {}, by = limiter) =>
    by.take('acme.live', one(key), overrides);
  const refusal = (wait: number) =>
    expect.objectContaining({
      reason: 'RATE_LIMITED',
      details: expect.objectContaining({ retryAfterMs: wait }),
    });

  describe('a rule of at most 50', () => {
    it('allows max, refuses one more with the wait, and allows it exactly when the oldest leaves', async () => {
      const key = newKey();
      for (let i = 0; i < MAX; i++) {
        const { tightest } = await take(key);
        expect(tightest).toEqual({ limit: MAX, remaining: MAX - 1 - i, resetMs: WINDOW - i * 1000 });
        clock.advance(1000);
      }
      const wait = WINDOW - MAX * 1000;
      await expect(take(key)).rejects.toEqual(refusal(wait));
      clock.advance(wait - 1);
      await expect(take(key)).rejects.toEqual(refusal(1));
      clock.advance(1);
      await take(key);
      // The next oldest leaves a second later, so there is room for exactly one more then.
      await expect(take(key)).rejects.toEqual(refusal(1000));
    });

    it('counts nothing for what it refuses', async () => {
      const key = newKey();
      for (let i = 0; i < MAX; i++) await take(key);
      for (let i = 0; i < 3; i++) await expect(take(key)).rejects.toEqual(refusal(WINDOW));
      clock.advance(WINDOW);
      for (let i = 0; i < MAX; i++) await take(key);
    });

    it('is shared by all processes on one store', async () => {
      const key = newKey();
      for (let i = 0; i < MAX; i++) await take(key, {}, i % 2 ? other : limiter);
      await expect(take(key, {}, limiter)).rejects.toEqual(refusal(WINDOW));
      await expect(take(key, {}, other)).rejects.toEqual(refusal(WINDOW));
    });

    it('lets exactly max of many concurrent calls through', async () => {
      for (const extra of [1, 10]) {
        const key = newKey();
        const calls = Array.from({ length: MAX + extra }, (_, i) => take(key, {}, i % 2 ? other : limiter));
        const settled = await Promise.allSettled(calls);
        expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(MAX);
      }
    });

    it('keeps keys, rules, workspaces and modes apart', async () => {
      const key = newKey();
      for (let i = 0; i < MAX; i++) await take(key);
      await take(newKey());
      await limiter.take('acme.test', one(key), {});
      await limiter.take('other.live', one(key), {});
      await limiter.take('acme.live', one(key, 'beneficiary-sends'), {});
      await expect(take(key)).rejects.toEqual(refusal(WINDOW));
    });
  });

  describe.each([
    ['kept hit by hit', 3],
    ['counted per window', 60],
  ])('a rule %s', (_how, max) => {
    const start = async () => {
      // Windows of large rules begin on the hour here.
      clock.advance(3_600_000 - (clock.now() % 3_600_000));
      return newKey();
    };
    const fill = async (key: string, upTo: number) => {
      const taken: Taken[] = [];
      for (let i = 0; i < upTo; i++) taken.push(await take(key, limitedTo(max, 3600)));
      return taken;
    };

    it('allows max and refuses one more until the window has ended', async () => {
      const key = await start();
      await fill(key, max);
      clock.advance(3_599_999);
      await expect(take(key, limitedTo(max, 3600))).rejects.toEqual(refusal(1));
      clock.advance(1);
      await take(key, limitedTo(max, 3600));
    });

    it('has room again for what is given back, once', async () => {
      const key = await start();
      const [first] = await fill(key, max);
      await first!.giveBack();
      await first!.giveBack();
      await take(key, limitedTo(max, 3600));
      await expect(take(key, limitedTo(max, 3600))).rejects.toEqual(refusal(3_600_000));
    });

    it('says whether there is room without counting', async () => {
      const key = await start();
      await fill(key, max - 1);
      for (let i = 0; i < 2; i++) await limiter.check('acme.live', one(key), limitedTo(max, 3600));
      await take(key, limitedTo(max, 3600));
      const check = limiter.check('acme.live', one(key), limitedTo(max, 3600));
      await expect(check).rejects.toEqual(refusal(3_600_000));
    });

    it('holds from the change on when max goes down, and makes room when it goes up', async () => {
      const key = await start();
      const lower = Math.max(max - 8, 2);
      await fill(key, max - 1);
      await expect(take(key, limitedTo(lower, 3600))).rejects.toEqual(refusal(3_600_000));
      const { tightest } = await take(key, limitedTo(max + 2, 3600));
      expect(tightest).toMatchObject({ limit: max + 2, remaining: 2 });
      await take(key, limitedTo(max + 2, 3600));
      await take(key, limitedTo(max + 2, 3600));
      await expect(take(key, limitedTo(max + 2, 3600))).rejects.toEqual(refusal(3_600_000));
      await expect(take(key, limitedTo(max, 3600))).rejects.toEqual(refusal(3_600_000));
    });

    it('lets exactly what is left of many concurrent calls through', async () => {
      const key = await start();
      await fill(key, max - 2);
      const calls = Array.from({ length: 6 }, (_, i) =>
        take(key, limitedTo(max, 3600), i % 2 ? other : limiter),
      );
      const settled = await Promise.allSettled(calls);
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    });
  });

  describe('several rules', () => {
    it('count all or none: what was counted before a refusal is given back', async () => {
      const [user, recipient] = [newKey(), newKey()];
      const both: Count[] = [
        { rule: 'ip-sends', key: user },
        { rule: RULE, key: recipient },
      ];
      for (let i = 0; i < MAX; i++) await take(recipient);
      for (let i = 0; i < 3; i++) {
        await expect(limiter.take('acme.live', both, {})).rejects.toEqual(refusal(WINDOW));
      }
      for (let i = 0; i < RULES['ip-sends'].max; i++) {
        await limiter.take('acme.live', one(user, 'ip-sends'), {});
      }
    });

    it('report the one with the least left', async () => {
      const [user, recipient] = [newKey(), newKey()];
      await take(recipient);
      const taken = await limiter.take(
        'acme.live',
        [
          { rule: 'ip-sends', key: user },
          { rule: RULE, key: recipient },
          { rule: 'beneficiary-sends', key: recipient },
        ],
        {},
      );
      expect(taken.tightest).toEqual({ limit: MAX, remaining: MAX - 2, resetMs: WINDOW });
    });
  });

  it('a rule that is off counts and refuses nothing', async () => {
    const key = newKey();
    for (let i = 0; i < MAX * 2; i++) {
      expect((await take(key, limitedTo(0))).tightest).toBeUndefined();
      await limiter.check('acme.live', one(key), limitedTo(0));
    }
    expect((await take(key)).tightest).toMatchObject({ remaining: MAX - 1 });
  });

  it('agrees with a list of the hits in the window, for any operations in any order', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant({ do: 'take' } as const) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.nat(70) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('give back' as const), nth: fc.nat(5) }) },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant('change' as const), max: fc.integer({ min: 1, max: 5 }) }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const key = newKey();
        let max = 3;
        let hits: { at: number; taken: Taken }[] = [];
        const inWindow = () => hits.filter(({ at }) => at > clock.now() - 100_000);
        for (const step of steps) {
          if (step.do === 'advance') clock.advance(step.ms * 1000);
          else if (step.do === 'change') max = step.max;
          else if (step.do === 'give back') {
            const hit = inWindow().at(-1 - step.nth);
            await hit?.taken.giveBack();
            hits = hits.filter((one) => one !== hit);
          } else {
            const counting = inWindow();
            const taking = take(key, limitedTo(max, 100));
            if (counting.length < max) hits.push({ at: clock.now(), taken: await taking });
            else await expect(taking).rejects.toEqual(refusal(counting.at(-max)!.at + 100_000 - clock.now()));
          }
        }
      }),
      { numRuns: engine === 'embedded' ? 60 : 8 },
    );
  });
});
