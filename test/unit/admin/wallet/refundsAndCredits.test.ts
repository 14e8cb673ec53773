import { describe, expect, it } from 'vitest';
import type { Debit, Wallet } from '../../../../server/admin/wallet/wallet.js';
import type { ChannelName } from '../../../../server/domain/channels.js';
import { eachEngine } from '../../../support/engines.js';
import { walletOn } from './support/walletOn.js';

eachEngine((engine) => {
  const at = walletOn(engine);
  const { another, sessions, switchOn, debit, balance, store, sweep } = at;

  describe('a refund', () => {
    it('is made once for a channel of a debit, however often and from wherever it is asked for', async () => {
      await switchOn(102_000);
      const first = await debit(['email', 'sms'], 's');
      const second = await debit(['email', 'sms'], 's');
      await store('s', first!);
      await sessions().findOneAndUpdate(
        { _id: `${at.workspace}/s` },
        { $set: { [`charges.${second!.id}`]: second!.charges } },
      );
      await Promise.all([first!.commit(), second!.commit()]);
      const refund = (from: Wallet, { id, charges }: Debit, channel: ChannelName) =>
        from.refund(at.workspace, id, channel, charges[channel]!, 's');
      const asked = [at.wallet, another(), another()].flatMap((from) => [
        refund(from, first!, 'sms'),
        refund(from, first!, 'email'),
        refund(from, second!, 'email'),
      ]);
      await Promise.all(asked);
      at.clock.advance(90 * 86_400_000);
      await sweep();
      await refund(another(), first!, 'sms');
      expect(await balance()).toBe(52_000);
      const { entries } = await at.ledger();
      const refunds = entries.filter(({ type }) => type === 'REFUND');
      expect(refunds.map(({ debit: of, charges, amount }) => ({ of, charges, amount }))).toEqual(
        expect.arrayContaining([
          { of: first!.id, charges: { sms: 50_000 }, amount: 50_000 },
          { of: first!.id, charges: { email: 1_000 }, amount: 1_000 },
          { of: second!.id, charges: { email: 1_000 }, amount: 1_000 },
        ]),
      );
      expect(refunds).toHaveLength(3);
      await at.expectSettled();
    });

    it('of very many at once leaves the at.wallet as small as it was', async () => {
      // On the embedded store more than one batch; the test server for MongoDB is slow.
      const many = engine.name === 'embedded' ? 120 : 20;
      await switchOn(1_000_000);
      const refund = (n: number) => at.wallet.refund(at.workspace, `d${n}`, 'sms', 1, 's');
      await Promise.all(Array.from({ length: many }, (_, n) => refund(n)));
      const after = await at.wallet.read(at.workspace);
      expect(after.balance).toBe(1_000_000 + many);
      expect(JSON.stringify(after).length).toBeLessThan(400);
      // Those that waited shared the work: far fewer batches than refunds.
      expect(after.batchNo).toBeLessThan(many / 2);
    });
  });

  describe('a credit', () => {
    it('is made once for a request id', async () => {
      const credit = { amount: 7, reference: 'invoice 1', requestId: 'r1' };
      const both = await Promise.all([
        at.wallet.credit(at.workspace, credit),
        another().credit(at.workspace, credit),
      ]);
      expect(both[0].entry).toEqual(both[1].entry);
      at.clock.advance(90 * 86_400_000);
      expect((await at.wallet.credit(at.workspace, credit)).wallet.balance).toBe(7);
      for (const other of [{ amount: 8 }, { reference: '' }]) {
        await expect(at.wallet.credit(at.workspace, { ...credit, ...other })).rejects.toMatchObject({
          reason: 'IDEMPOTENCY_CONFLICT',
        });
      }
      expect((await at.wallet.credit(at.workspace, { ...credit, requestId: 'r2' })).wallet.balance).toBe(14);
      await at.expectSettled();
    });

    it('without a request id is made each time', async () => {
      for (const expected of [5, 10, 15]) {
        const { wallet: after } = await at.wallet.credit(at.workspace, {
          amount: 5,
          reference: '',
          requestId: '',
        });
        expect(after.balance).toBe(expected);
      }
    });

    it('can be taken back, also what was spent; then nothing is paid until it is made good', async () => {
      await switchOn(60_000);
      const taken = await debit(['sms'], 's');
      await store('s', taken!);
      await taken!.commit();
      await at.wallet.credit(at.workspace, { amount: -60_000, reference: 'mistake', requestId: '' });
      expect(await balance()).toBe(-50_000);
      await expect(debit(['email'])).rejects.toMatchObject({ reason: 'INSUFFICIENT_BALANCE' });
      expect(await debit(['whatsapp'])).toBeUndefined();
      await at.expectSettled();
    });

    it('never brings the balance to where numbers are not exact any more', async () => {
      const credit = (amount: number) =>
        at.wallet.credit(at.workspace, { amount, reference: '', requestId: '' });
      for (let n = 0; n < 9; n++) await credit(1e15);
      await expect(credit(1)).rejects.toMatchObject({
        reason: 'INVALID_REQUEST',
        details: { violations: [{ field: 'amount_micros' }] },
      });
      expect(await balance()).toBe(9e15);
    });
  });
});
