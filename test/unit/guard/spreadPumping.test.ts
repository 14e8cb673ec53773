import { fc, test } from '@fast-check/vitest';
import { beforeAll, describe, expect, it } from 'vitest';
import { rollingTotal } from '../../../server/guard/rollingCount.js';
import { movedPrefix } from '../../../server/guard/spread.js';
import type { CountryTally } from '../../../server/guard/stored.js';
import type { Documents } from '../../../server/store/documents.js';
import { eachEngine } from '../../support/engines.js';
import { ManualClock } from '../../support/manualClock.js';
import { phone, testGuard } from './support/testGuard.js';

const HOUR_SECONDS = 3600;
const RATE = { minSends: 50, minPercent: 5, minPrefixes: 20, windowSeconds: HOUR_SECONDS };
/** With those that pass although the country is refused. */
const PASSING = RATE.minSends + 10;
const COUNTRY_RULE = 'country-approval-rate';
/** Keyed digests begin with any byte: these are of different groups. */
const source = (n: number) => Buffer.from([n, 7, 7]).toString('base64url');

eachEngine(({ newStore }) => {
  const clock = new ManualClock();
  let stores: Documents[];
  let workspaces = 0;
  beforeAll(async () => {
    const store = await newStore();
    stores = [await store.open({ clock }), await store.open({ clock })];
  });

  /** Two processes of a workspace that has sent nothing yet. */
  function newWorkspace({ veto = false, prefixRate = false } = {}) {
    const workspace = `spread-${workspaces++}`;
    const backend = { url: 'https://veto.example', secret: '', timeoutMs: 1, failOpen: true };
    const rules = {
      countryApprovalRate: RATE,
      ...(prefixRate && { approvalRate: RATE }),
      ...(veto && { veto: backend }),
    };
    const processes = stores.map((documents) =>
      testGuard({ documents, clock, rules, known: new Set(['old friend']) }),
    );
    const send = async (n: number, { from, country = 'CO', budget = 'new person' }: Sent = {}) => {
      const prefix = `p${n}`;
      const entered = await processes[n % 2]!.enter([phone(prefix, country)], {
        workspace,
        source: from,
        budgets: new Map([[prefix, [budget]]]),
      });
      return entered.passed;
    };
    const message = (n: number, from?: string) =>
      ({
        workspace,
        mode: 'live',
        prefix: `p${n}`,
        country: 'CO',
        sentAt: clock.now(),
        source: from,
      }) as const;
    const sendAll = async (from: number, to: number, sent: (n: number) => Sent = () => ({})) => {
      let passed = 0;
      for (let n = from; n < to; n++) if (await send(n, sent(n))) passed++;
      return passed;
    };
    const refusals = () => processes.flatMap((one) => one.refusals);
    return { workspace, guard: processes[0]!.guard, send, sendAll, message, refusals };
  }
  interface Sent {
    readonly from?: string | undefined;
    readonly country?: string;
    readonly budget?: string;
  }
  const prefixesOf = async (workspace: string) => {
    const countries = stores[0]!.collection<CountryTally>('limits');
    const tally = await countries.findOne({ _id: `${workspace}.live/guard-country/CO` });
    return rollingTotal(tally?.prefixes, HOUR_SECONDS, clock.now());
  };

  describe('pumping that is spread over the prefixes of a country', () => {
    it('is refused, one number a prefix, once enough were sent and none verified', async () => {
      const { sendAll, refusals } = newWorkspace();
      expect(await sendAll(0, 70)).toBe(PASSING);
      expect(refusals().flatMap(({ rules }) => rules)).toEqual(Array(70 - PASSING).fill(COUNTRY_RULE));
      expect(await sendAll(70, 75, () => ({ country: 'CL' }))).toBe(5);
    });

    it('is refused after exactly as many where all are sent at once, in two processes', async () => {
      const { send } = newWorkspace();
      const all = await Promise.all(Array.from({ length: 90 }, (_, n) => send(n)));
      expect(all.filter(Boolean)).toHaveLength(PASSING);
    });

    it('is not suspected where all go to few prefixes: that is the rule of a prefix', async () => {
      const { sendAll, send } = newWorkspace();
      for (let n = 0; n < 80; n++) expect(await send(n % (RATE.minPrefixes - 1))).toBe(true);
      // The twentieth prefix makes it spread.
      expect(await sendAll(100, 115)).toBe(10);
    });

    it('of three sources is refused to these alone', async () => {
      const { sendAll } = newWorkspace();
      expect(await sendAll(0, 90, (n) => ({ from: source(n % 3) }))).toBe(3 * 13);
      expect(await sendAll(100, 112, (n) => ({ from: source(3 + (n % 13)) }))).toBe(12);
    });

    it('does not refuse a person who was verified before', async () => {
      const { sendAll, send } = newWorkspace();
      await sendAll(0, 70);
      expect(await send(80)).toBe(false);
      expect(await send(80, { budget: 'old friend' })).toBe(true);
    });

    it('is lifted by the approvals of real people', async () => {
      const { sendAll, guard, message } = newWorkspace();
      await sendAll(0, RATE.minSends);
      for (let n = 100; n < 103; n++) {
        expect(await sendAll(n, n + 1, () => ({ from: source(9) }))).toBe(1);
        await guard.approved(message(n, source(9)));
      }
      expect(await sendAll(110, 117)).toBe(7);
      // 60 sends, 3 approvals: 5 per cent. The next one still passes, and then what is left of the ten.
      expect(await sendAll(120, 160)).toBe(1 + 10 - 3);
    });

    it('is not counted where messages did not arrive', async () => {
      const { sendAll, guard, message } = newWorkspace();
      for (let n = 0; n < 60; n++) {
        expect(await sendAll(n, n + 1)).toBe(1);
        if (n < 20) await guard.failed(message(n));
      }
    });

    it('leaves the decision to the veto where there is one', async () => {
      const { sendAll } = newWorkspace({ veto: true });
      expect(await sendAll(0, 80)).toBe(80);
    });

    it('uses up nothing of a country where the prefix is refused already', async () => {
      const { send, sendAll, refusals } = newWorkspace({ prefixRate: true });
      for (let n = 0; n < 60; n++) expect(await send(0)).toBe(true);
      for (let n = 0; n < 20; n++) expect(await send(0)).toBe(false);
      expect(new Set(refusals().flatMap(({ rules }) => rules))).toEqual(new Set(['approval-rate']));
      expect(await sendAll(1, 19)).toBe(18);
      expect(await sendAll(19, 40)).toBe(10);
    });
  });

  test.prop(
    [fc.array(fc.record({ prefix: fc.nat({ max: 5 }), after: fc.nat({ max: 900_000 }) }), { maxLength: 25 })],
    { numRuns: 8 },
  )('a country counts the prefixes that were sent to within the window, each once', async (sends) => {
    const { workspace, send } = newWorkspace();
    const last = new Map<number, number>();
    for (const { prefix, after } of sends) {
      clock.advance(after);
      await send(prefix);
      last.set(prefix, clock.now());
      const within = (ms: number) => [...last.values()].filter((at) => at > clock.now() - ms).length;
      const counted = await prefixesOf(workspace);
      expect(counted).toBeGreaterThanOrEqual(within(HOUR_SECONDS * 1000));
      expect(counted).toBeLessThanOrEqual(within((HOUR_SECONDS * 13_000) / 12 + 1));
    }
  });

  it('a prefix is counted by the first of two messages at once', () => {
    const now = clock.now();
    const of = (spread: Record<string, number>) =>
      Object.values(movedPrefix(spread, { windowSeconds: HOUR_SECONDS, own: 1, now }));
    const part = `p${Math.floor((now * 12) / (HOUR_SECONDS * 1000))}`;
    expect(of({ [part]: 1 })).toEqual([1]);
    expect(of({ [part]: 2 })).toEqual([]);
  });
});
