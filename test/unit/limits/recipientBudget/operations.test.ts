import { beforeAll, describe, expect, it } from 'vitest';
import {
  budgetLimits,
  type CodeClass,
  type Lane,
} from '../../../../server/limits/recipientBudget/budgetLimits.js';
import {
  chargeOperation,
  clearOperation,
  giveBackOperations,
  releaseOperation,
  repairOperation,
  type StoredBudget,
  takeOperation,
} from '../../../../server/limits/recipientBudget/operations.js';
import type { Collection } from '../../../../server/store/documents.js';
import { eachEngine } from '../../../support/engines.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LIMITS = budgetLimits({}, HOUR);
const START = Date.UTC(2030, 0, 15);

eachEngine(({ open }) => {
  let budgets: Collection<StoredBudget>;
  let documents = 0;
  let units = 0;
  beforeAll(async () => {
    budgets = (await open()).collection<StoredBudget>('limits');
  });

  /** A recipient's document, empty but for what is given. */
  async function newBudget(content: Partial<StoredBudget> = {}): Promise<string> {
    const _id = `acme.live/recipient/${documents++}`;
    await budgets.insertOne({ purgeAt: new Date(START + 400 * DAY), ...content, _id });
    return _id;
  }
  const run = ({ filter, update }: ReturnType<typeof takeOperation>) =>
    budgets.findOneAndUpdate(filter, update);
  const take = (
    _id: string,
    now: number,
    { lane = 'open' as Lane, code = 'c6' as CodeClass, messages = 1, need = 1, withoutBurst = false } = {},
  ) => {
    const ids = Array.from({ length: messages }, () => `u${units++}`);
    return run(takeOperation(_id, LIMITS, { lane, code, ids, need, withoutBurst, now }));
  };
  const charge = (_id: string, now: number, code: CodeClass = 'c6', lane: Lane = 'open', by?: string) => {
    const entry = { at: new Date(now), id: `u${units++}`, ...(by && { by }) };
    return run(chargeOperation(_id, LIMITS, { lane, code, entry }));
  };
  const passed = (results: readonly unknown[]) => results.filter(Boolean).length;

  describe('a take', () => {
    it('of forty at once passes for exactly the burst, in each lane', async () => {
      const _id = await newBudget();
      for (const lane of ['open', 'known'] as const) {
        const calls = Array.from({ length: 40 }, () => take(_id, START, { lane }));
        expect(passed(await Promise.all(calls))).toBe(5);
      }
    });

    it('buys one entry for the call and one unit for each message', async () => {
      const _id = await newBudget();
      const budget = await take(_id, START, { messages: 2 });
      expect(budget?.open?.sends).toHaveLength(1);
      expect(budget?.open?.t6).toHaveLength(2);
    });

    it('passes for the units of a window and never one more, exactly until the oldest has left it', async () => {
      const _id = await newBudget();
      const each = 6 * MINUTE;
      const results = [];
      for (let n = 0; n < 25; n++) results.push(await take(_id, START + n * each));
      expect(passed(results)).toBe(20);
      const free = START + LIMITS.units.c6.countsMs;
      expect(await take(_id, free - 1)).toBeNull();
      expect(await take(_id, free)).not.toBeNull();
      expect(await take(_id, free)).toBeNull();
    });

    it('of two messages needs two units', async () => {
      const _id = await newBudget();
      for (let n = 0; n < 19; n++) await charge(_id, START);
      expect(await take(_id, START, { messages: 2 })).toBeNull();
      expect(await take(_id, START)).not.toBeNull();
    });

    it('of more messages than a limit allows never passes', async () => {
      expect(await take(await newBudget(), START, { messages: 21 })).toBeNull();
    });

    it('of a short code buys no unit, and passes only while one is left', async () => {
      const _id = await newBudget();
      const budget = await take(_id, START, { code: 'c5' });
      expect(budget?.open?.t5).toBeUndefined();
      for (let n = 0; n < 6; n++) await charge(_id, START, 'c5');
      expect(await take(_id, START, { code: 'c5' })).not.toBeNull();
      expect(await take(_id, START, { code: 'c5', need: 2 })).toBeNull();
      await charge(_id, START, 'c5');
      expect(await take(_id, START, { code: 'c5' })).toBeNull();
      expect(await take(_id, START)).not.toBeNull();
    });

    it('for a beneficiary is not bound by the burst, but by the day', async () => {
      const _id = await newBudget();
      const results = [];
      for (let n = 0; n < 25; n++) results.push(await take(_id, START, { code: 'c4', withoutBurst: true }));
      expect(passed(results)).toBe(20);
    });

    it('that is given back leaves nothing behind', async () => {
      const _id = await newBudget();
      const before = { lane: 'open', code: 'c6', ids: ['a', 'b'] } as const;
      await run(takeOperation(_id, LIMITS, { ...before, need: 1, withoutBurst: false, now: START }));
      const budget = await run(giveBackOperations(_id, before));
      expect(budget?.open).toEqual({ sends: [], t6: [] });
    });
  });

  describe('a charge', () => {
    it.each([
      ['c6', 20, 10, DAY],
      ['c5', 7, 3, 2 * DAY],
      ['c4', 28, 10, 30 * DAY],
    ] as const)(
      'of %s passes for %i, and %i from known sources, however many ask at once',
      async (code, all, known, window) => {
        const _id = await newBudget();
        const ask = (lane: Lane, now: number) =>
          Promise.all(Array.from({ length: 45 }, () => charge(_id, now, code, lane)));
        expect(passed(await ask('open', START))).toBe(all);
        expect(passed(await ask('known', START))).toBe(known);
        expect(passed(await ask('open', START + window + 181 * MINUTE - 1))).toBe(0);
        expect(passed(await ask('open', START + window + 181 * MINUTE))).toBe(all);
      },
    );

    it('counts until the last code that it may have paid for has ended, which a cap on lifetimes makes sooner', () => {
      expect(budgetLimits({}, 10 * MINUTE).units.c6.countsMs).toBe(DAY + 31 * MINUTE);
    });
  });

  describe('a release', () => {
    it('gives back one unit by its id, from whichever lane, and notes the source', async () => {
      const _id = await newBudget({
        open: {
          t6: [
            { at: new Date(START), id: 'a', by: 'x' },
            { at: new Date(START), id: 'b' },
          ],
        },
        known: { t6: [{ at: new Date(START), id: 'c' }] },
      });
      const at = new Date(START);
      const budget = await run(releaseOperation(_id, 'c6', { which: { id: 'b' }, source: 'home', at }));
      expect(budget).toMatchObject({
        open: { t6: [{ id: 'a' }] },
        known: { t6: [{ id: 'c' }] },
        sources: { home: at },
      });
      const other = await run(releaseOperation(_id, 'c6', { which: { id: 'c' }, source: undefined, at }));
      expect(other?.known?.t6).toEqual([]);
    });

    it('gives back all that one client bought and nothing of another', async () => {
      const _id = await newBudget();
      await charge(_id, START, 'c6', 'open', 'owner');
      await charge(_id, START, 'c6', 'open', 'stranger');
      await charge(_id, START, 'c6', 'open', 'owner');
      await charge(_id, START);
      const success = { which: { by: 'owner' }, source: undefined, at: new Date(START) };
      for (let twice = 0; twice < 2; twice++) {
        const budget = await run(releaseOperation(_id, 'c6', success));
        expect(budget?.open?.t6?.map(({ by }) => by)).toEqual([undefined, 'stranger']);
      }
    });

    it('does nothing where nothing was bought', async () => {
      const _id = await newBudget();
      const success = { which: { id: 'a' }, source: undefined, at: new Date(START) };
      expect(await run(releaseOperation(_id, 'c4', success))).not.toHaveProperty('open');
    });
  });

  it('clearing empties the lanes and keeps what is known of sources', async () => {
    const sources = { home: new Date(START) };
    const _id = await newBudget({ open: { sends: [{ at: new Date(START), id: 'a' }] }, sources });
    const budget = await run(clearOperation(_id, new Date(START), 'operator'));
    expect(budget).not.toHaveProperty('open');
    expect(budget).toMatchObject({ sources, cleared: [{ at: new Date(START), actor: 'operator' }] });
  });

  it('repairing removes what a wrong clock wrote, and nothing else', async () => {
    const year = new Date(START + 365 * DAY);
    const near = new Date(START + HOUR);
    const _id = await newBudget({
      open: {
        sends: [
          { at: year, id: 'a' },
          { at: near, id: 'b' },
        ],
        t6: [{ at: year, id: 'c' }],
      },
    });
    const budget = await run(repairOperation(_id, LIMITS, { lane: 'open', code: 'c6', now: START }));
    expect(budget?.open).toEqual({ sends: [{ at: near, id: 'b' }], t6: [] });
  });
});
