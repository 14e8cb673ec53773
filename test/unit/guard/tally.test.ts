import { beforeAll, describe, expect, it } from 'vitest';
import type { GuardSettings } from '../../../server/guard/settings.js';
import type { Documents } from '../../../server/store/documents.js';
import { eachEngine } from '../../support/engines.js';
import { ManualClock } from '../../support/manualClock.js';
import { failOperation } from '../../support/wrapOperations.js';
import { phone, testGuard } from './support/testGuard.js';

const WINDOW = 3_600;
/** A message counts for its part, a twelfth of the window, and the window. */
const PART_MS = (WINDOW * 1000) / 12;
const ALL = PART_MS + WINDOW * 1000;
const PARALLEL = 50;

eachEngine(({ newStore }) => {
  // At the begin of a part, and of an hour.
  const clock = new ManualClock(Date.UTC(2030, 0, 15, 12));
  let documents: Documents;
  let elsewhere: Documents;
  beforeAll(async () => {
    const store = await newStore();
    documents = await store.open({ clock });
    elsewhere = await store.open({ clock });
  });

  let workspaces = 0;
  /** Guards of two processes, in a workspace that has sent nothing yet. */
  function guards(rules: Partial<GuardSettings>, price = 0) {
    const workspace = `acme-${workspaces++}`;
    const [here, there] = [documents, elsewhere].map((one) => {
      const made = testGuard({ documents: one, clock, rules, price });
      return {
        ...made,
        enter: (...phones: Parameters<typeof made.enter>[0]) => made.enter(phones, { workspace }),
      };
    });
    return { workspace, here: here!, there: there! };
  }
  const message = (workspace: string, prefix: string) =>
    ({ workspace, mode: 'live', prefix, country: 'CO', sentAt: clock.now() }) as const;

  const VELOCITY = { prefixVelocity: { max: 3, windowSeconds: WINDOW } };
  const passed = { passed: true, giveBack: expect.any(Function) };
  const refused = (rule: string, wait?: number) => ({ passed: false, rules: [rule], wait });

  describe.each([
    ['prefix-velocity', { prefixVelocity: { max: 3, windowSeconds: WINDOW } }],
    ['country-velocity', { countryVelocity: { max: 3, windowSeconds: WINDOW } }],
    ['approval-rate', { approvalRate: { minSends: 3, minPercent: 50, windowSeconds: WINDOW } }],
    [
      'country-approval-rate',
      { countryApprovalRate: { minSends: 3, minPercent: 50, minPrefixes: 0, windowSeconds: WINDOW } },
    ],
  ])('%s', (rule, rules) => {
    it('lets as many through as it says, in any process, refuses the next with the wait, and lets it through then', async () => {
      clock.advance(ALL - (clock.now() % PART_MS));
      const { here, there } = guards(rules);
      expect(await here.enter(phone('a'))).toEqual(passed);
      clock.advance(PART_MS);
      expect(await there.enter(phone('a'))).toEqual(passed);
      expect(await here.enter(phone('a'))).toEqual(passed);
      const wait = ALL - PART_MS;
      for (const one of [here, there]) expect(await one.enter(phone('a'))).toEqual(refused(rule, wait));
      clock.advance(wait - 1);
      expect(await there.enter(phone('a'))).toEqual(refused(rule, 1));
      clock.advance(1);
      expect(await there.enter(phone('a'))).toEqual(passed);
      expect(await here.enter(phone('a'))).toEqual(refused(rule, PART_MS));
    });

    it('lets exactly as many of many at once through', async () => {
      const { here, there } = guards(rules);
      const all = Array.from({ length: PARALLEL }, (_, n) => (n % 2 ? here : there).enter(phone('a')));
      expect((await Promise.all(all)).filter((one) => one.passed)).toHaveLength(3);
      expect(await here.enter(phone('a'))).toMatchObject({ passed: false, rules: [rule] });
    });

    it('has room again for what is given back, and none for what was refused', async () => {
      const { here } = guards(rules);
      await here.enter(phone('a'));
      await here.enter(phone('a'));
      const last = await here.enter(phone('a'));
      for (let n = 0; n < 5; n++) expect((await here.enter(phone('a'))).passed).toBe(false);
      if (last.passed) await last.giveBack();
      expect(await here.enter(phone('a'))).toEqual(passed);
      expect((await here.enter(phone('a'))).passed).toBe(false);
    });

    it('counts several phones of one send, each', async () => {
      const { here } = guards(rules);
      const both = [phone('a'), phone('a', 'CO', 'whatsapp')] as const;
      expect(await here.enter(...both)).toEqual(passed);
      // Approvals are looked at before a send, velocities with it.
      expect((await here.enter(...both)).passed).toBe(rule.endsWith('approval-rate'));
      expect((await here.enter(phone('a'))).passed).toBe(!rule.endsWith('approval-rate'));
      expect((await here.enter(phone('a'))).passed).toBe(false);
    });

    it('lets the sandbox and other workspaces through, and counts neither', async () => {
      const { workspace, here } = guards(rules);
      for (let n = 0; n < 5; n++)
        expect(
          (await testGuard({ documents, clock, rules }).enter([phone('a')], { workspace, mode: 'test' }))
            .passed,
        ).toBe(true);
      const other = guards(rules);
      for (let n = 0; n < 3; n++) await other.here.enter(phone('a'));
      for (let n = 0; n < 3; n++) expect(await here.enter(phone('a'))).toEqual(passed);
    });
  });

  it('a prefix and a country are counted apart from others', async () => {
    const rules = { ...VELOCITY, countryVelocity: { max: 5, windowSeconds: WINDOW } };
    const { here } = guards(rules);
    for (let n = 0; n < 3; n++) await here.enter(phone('a'));
    expect(await here.enter(phone('a'))).toMatchObject({ rules: ['prefix-velocity'] });
    for (let n = 0; n < 2; n++) expect(await here.enter(phone('b'))).toEqual(passed);
    expect(await here.enter(phone('b'))).toMatchObject({ rules: ['country-velocity'] });
    expect(await here.enter(phone('a'))).toMatchObject({ rules: ['prefix-velocity', 'country-velocity'] });
    expect(await here.enter(phone('c', '+881'))).toEqual(passed);
    // One phone that is refused stops the other one of its send, and counts neither.
    expect(await here.enter(phone('d', '+881'), phone('a'))).toMatchObject({ passed: false });
    for (let n = 0; n < 3; n++) expect(await here.enter(phone('d', '+881'))).toEqual(passed);
  });

  describe.each([
    ['daily-messages', { messages: 10, spendMicros: 0 }],
    ['daily-spend', { messages: 0, spendMicros: 3_009 }],
  ])('%s', (rule, dailyCeiling) => {
    it('is never exceeded by many at once, and begins again at midnight', async () => {
      clock.advance(86_400_000 - (clock.now() % 86_400_000) + 1_000);
      const { here, there } = guards({ dailyCeiling }, 300);
      const all = Array.from({ length: PARALLEL }, (_, n) => (n % 2 ? here : there).enter(phone(`${n}`)));
      expect((await Promise.all(all)).filter((one) => one.passed)).toHaveLength(10);
      expect(await here.enter(phone('a'))).toEqual(refused(rule, 86_399_000));
      clock.advance(86_398_999);
      expect(await here.enter(phone('a'))).toEqual(refused(rule, 1));
      clock.advance(1);
      expect(await here.enter(phone('a'))).toEqual(passed);
    });
  });

  describe('approvals', () => {
    const RATE = { approvalRate: { minSends: 2, minPercent: 50, windowSeconds: WINDOW } };

    it('let more be sent, for as long as what they approved counts', async () => {
      clock.advance(PART_MS - (clock.now() % PART_MS));
      const { workspace, here, there } = guards(RATE);
      await here.enter(phone('a'));
      await here.enter(phone('a'));
      expect((await here.enter(phone('a'))).passed).toBe(false);
      await there.guard.approved(message(workspace, 'a'));
      expect(await here.enter(phone('a'))).toEqual(passed);
      expect(await here.enter(phone('a'))).toEqual(refused('approval-rate', ALL));
      await here.guard.approved(message(workspace, 'other'));
      await here.guard.approved({ ...message(workspace, 'a'), mode: 'test' });
      await here.guard.approved({ ...message(workspace, 'a'), prefix: undefined });
      expect((await here.enter(phone('a'))).passed).toBe(false);
    });

    it('are not expected of what failed', async () => {
      const { workspace, here } = guards(RATE);
      await here.enter(phone('a'));
      await here.enter(phone('a'));
      await here.guard.failed(message(workspace, 'a'));
      expect(await here.enter(phone('a'))).toEqual(passed);
      expect((await here.enter(phone('a'))).passed).toBe(false);
      // Of a prefix to which nothing was sent there is nothing to take off.
      await here.guard.failed(message(workspace, 'b'));
      for (let n = 0; n < 2; n++) expect(await here.enter(phone('b'))).toEqual(passed);
      expect((await here.enter(phone('b'))).passed).toBe(false);
    });
  });

  it('a window that is changed begins to count from zero', async () => {
    const rules = { prefixVelocity: { max: 1, windowSeconds: WINDOW } };
    const { workspace, here } = guards(rules);
    await here.enter(phone('a'));
    expect((await here.enter(phone('a'))).passed).toBe(false);
    const longer = { prefixVelocity: { max: 1, windowSeconds: 2 * WINDOW } };
    const changed = testGuard({ documents, clock, rules: longer });
    expect((await changed.enter([phone('a')], { workspace })).passed).toBe(true);
    expect((await changed.enter([phone('a')], { workspace })).passed).toBe(false);
  });

  it('what counts no longer is removed now and then', async () => {
    const rules = {
      ...VELOCITY,
      countryVelocity: { max: 3, windowSeconds: WINDOW },
      dailyCeiling: { messages: 9, spendMicros: 0 },
    };
    const { workspace, here } = guards(rules);
    for (let n = 0; n < 40; n++) {
      await here.enter(phone('a'));
      clock.advance(PART_MS);
    }
    const limits = documents.collection<{ _id: string; velocity: object; countries: { CO: object } }>(
      'limits',
    );
    const prefix = await limits.findOne({ _id: `${workspace}.live/guard-prefix/a` });
    const whole = await limits.findOne({ _id: `${workspace}.live/guard-workspace` });
    for (const counted of [prefix!.velocity, whole!.countries.CO])
      expect(Object.keys(counted).length).toBeLessThan(13 + 24);
  });

  it('with every rule off nothing is stored', async () => {
    const { workspace, here } = guards({});
    for (let n = 0; n < 3; n++) expect(await here.enter(phone('a'))).toEqual(passed);
    await here.guard.approved(message(workspace, 'a'));
    const left = await documents
      .collection('limits')
      .find({ _id: { $gte: `${workspace}.`, $lt: `${workspace}/` } })
      .toArray();
    expect(left).toEqual([]);
  });

  it('what was counted is given back when the store fails the rest', async () => {
    const rules = { ...VELOCITY, countryVelocity: { max: 3, windowSeconds: WINDOW } };
    for (const at of [0, 1]) {
      const { workspace, here } = guards(rules);
      // There already, so that each count is one operation.
      const first = await here.enter(phone('a'));
      if (first.passed) await first.giveBack();
      const faulty = failOperation(documents, { at, carriedOut: false, kind: 'once' });
      const unlucky = testGuard({ documents: faulty.documents, clock, rules });
      await expect(unlucky.enter([phone('a')], { workspace })).rejects.toThrow('the store did not respond');
      for (let n = 0; n < 3; n++) expect(await here.enter(phone('a'))).toEqual(passed);
      expect((await here.enter(phone('a'))).passed).toBe(false);
    }
  });
});
