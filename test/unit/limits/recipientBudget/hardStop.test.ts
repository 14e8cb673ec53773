import { beforeEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../../../server/errors.js';
import { type BudgetLimits, budgetLimits } from '../../../../server/limits/recipientBudget/budgetLimits.js';
import {
  createRecipientBudget,
  type RecipientBudget,
} from '../../../../server/limits/recipientBudget/recipientBudget.js';
import { systemRandom } from '../../../../server/platform/random.js';
import { eachEngine } from '../../../support/engines.js';
import { ManualClock } from '../../../support/manualClock.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const PARTITION = 'acme.live';
const NIST = budgetLimits({}, 10 * MINUTE, 100);
const ANY = budgetLimits({}, 10 * MINUTE);

eachEngine(({ open }) => {
  describe('a recipient with many failures in a row, under a norm that disables it', () => {
    let clock: ManualClock;
    let budget: RecipientBudget;
    beforeEach(async () => {
      clock = new ManualClock();
      budget = createRecipientBudget({ documents: await open({ clock }), clock, random: systemRandom });
    });

    const account = { partition: PARTITION, recipient: 'r', lane: 'open', codeLength: 6 } as const;
    const send = (limits: BudgetLimits, vouched = false) =>
      budget.take({
        partition: PARTITION,
        recipients: new Map([['r', ['sms']]]),
        codeLength: 6,
        mayLengthen: false,
        source: undefined,
        vouched,
        withoutBurst: false,
        limits,
      });
    const attempt = (operation: Promise<unknown>) =>
      operation.then(
        () => undefined,
        (failure: Failure) => failure,
      );
    /** Sends and buys comparisons for so many days, through all refusals; how many passed, and the last refusal. */
    async function siege(limits: BudgetLimits, days: number) {
      let passed = 0;
      let last: Failure | undefined;
      for (let hour = 0; hour < 24 * days; hour++, clock.advance(HOUR)) {
        const calls = [
          send(limits, true),
          budget.charge(account, undefined, limits),
          budget.charge({ ...account, lane: 'known' }, undefined, limits),
        ];
        for (const refusal of await Promise.all(calls.map(attempt))) {
          if (refusal) last = refusal;
          else passed++;
        }
      }
      return { passed, last };
    }
    const release = () =>
      budget.release(account, { which: { id: '' }, source: undefined, at: new Date(clock.now()) });
    const standing = () => budget.standing(PARTITION, ['r'], NIST);

    it('is disabled after 70 messages and bought comparisons, however many are asked for at once and however long', async () => {
      const { passed, last } = await siege(NIST, 6);
      // With the 30 that may have been bought before the row began: 100.
      expect(passed).toBe(70);
      // No wait helps.
      expect(last).toMatchObject({ reason: 'RECIPIENT_BLOCKED' });
      expect(last!.details.retryAfterMs).toBeUndefined();
      expect(await standing()).toMatchObject({ failuresInARow: 70, disabled: true });
      clock.advance(30 * 24 * HOUR);
      expect((await attempt(send(NIST)))?.reason).toBe('RECIPIENT_BLOCKED');
      // Another norm, or none, disables no one.
      expect(await attempt(send(ANY))).toBeUndefined();
    });

    it('is not disabled one failure earlier, and not where a code was right in between', async () => {
      await siege(NIST, 2);
      expect(await standing()).toMatchObject({ disabled: false });
      await release();
      expect(await standing()).toMatchObject({ failuresInARow: 0, disabled: false });
      await siege(NIST, 2);
      expect(await standing()).toMatchObject({ disabled: false });
      await siege(NIST, 2);
      expect(await standing()).toMatchObject({ failuresInARow: 70, disabled: true });
    });

    it('is enabled again by a right code of an open session, or by an operator', async () => {
      await siege(NIST, 6);
      await release();
      expect(await attempt(send(NIST))).toBeUndefined();
      await siege(NIST, 6);
      await budget.clear(PARTITION, ['r'], { actor: 'operator' });
      expect(await standing()).toMatchObject({ failuresInARow: 0, disabled: false });
      expect(await attempt(send(NIST))).toBeUndefined();
    });

    it('has no failure by what was given back', async () => {
      for (let day = 0; day < 30; day++, clock.advance(24 * HOUR)) {
        for (let n = 0; n < 4; n++) await (await send(NIST)).giveBack();
        const unit = await budget.charge(account, undefined, NIST);
        await budget.refund(account, unit);
      }
      expect(await standing()).toMatchObject({ failuresInARow: 0, disabled: false });
    });

    it('is counted from its first message or comparison', async () => {
      await budget.charge(account, undefined, NIST);
      expect(await standing()).toMatchObject({ failuresInARow: 1 });
      await send(NIST);
      expect(await standing()).toMatchObject({ failuresInARow: 2 });
    });
  });
});
