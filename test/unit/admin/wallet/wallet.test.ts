import { describe, expect, it } from 'vitest';
import { eachEngine } from '../../../support/engines.js';
import { PRICES, walletOn } from './support/walletOn.js';

eachEngine((engine) => {
  const at = walletOn(engine);
  const { another, wallets, switchOn, debit, balance, store, sweep } = at;

  describe('a wallet', () => {
    it('that is off costs nothing and keeps nothing', async () => {
      expect(await debit(['sms'])).toBeUndefined();
      expect(await at.wallet.read(at.workspace)).toMatchObject({ enabled: false, balance: 0 });
      expect(await wallets().findOne({ _id: at.workspace })).toBeNull();
      await at.wallet.credit(at.workspace, { amount: 5, reference: '', requestId: '' });
      expect(await debit(['sms'])).toBeUndefined();
    });

    it('pays each channel its price, and nothing where all are free', async () => {
      await switchOn(101_000);
      const taken = await debit(['email', 'sms', 'whatsapp']);
      expect(taken).toMatchObject({ charges: { email: 1_000, sms: 50_000 }, at: new Date(at.clock.now()) });
      expect(taken!.charges).not.toHaveProperty('whatsapp');
      expect(await balance()).toBe(50_000);
      expect(await debit(['whatsapp'])).toBeUndefined();
      expect(await debit([])).toBeUndefined();
    });

    it('pays to the last unit and not one beyond', async () => {
      await switchOn(51_000);
      await expect(debit(['email', 'sms'])).resolves.toBeDefined();
      expect(await balance()).toBe(0);
      await expect(debit(['email'])).rejects.toMatchObject({
        reason: 'INSUFFICIENT_BALANCE',
        message: 'Insufficient balance',
      });
      await at.wallet.credit(at.workspace, { amount: 999, reference: '', requestId: '' });
      await expect(debit(['email'])).rejects.toMatchObject({ reason: 'INSUFFICIENT_BALANCE' });
      await at.wallet.credit(at.workspace, { amount: 1, reference: '', requestId: '' });
      await expect(debit(['email'])).resolves.toBeDefined();
    });

    it('of another process sees new prices within five seconds, and being switched off or out of money at once', async () => {
      await switchOn(200_000);
      const other = another();
      await debit(['sms'], at.newId(), other);
      await wallets().findOneAndUpdate({ _id: at.workspace }, { $set: { 'prices.sms': 70_000 } });
      expect((await debit(['sms'], at.newId(), other))?.charges).toEqual({ sms: 50_000 });
      at.clock.advance(5_000);
      expect((await debit(['sms'], at.newId(), other))?.charges).toEqual({ sms: 70_000 });
      await expect(debit(['sms'], at.newId(), other)).rejects.toMatchObject({
        reason: 'INSUFFICIENT_BALANCE',
      });
      await wallets().findOneAndUpdate({ _id: at.workspace }, { $set: { enabled: false } });
      expect(await debit(['email'], at.newId(), other)).toBeUndefined();
    });

    it('has amounts beyond 32 bits', async () => {
      const price = 900_000_000_000;
      await switchOn(1_000_000_000_000_000, { ...PRICES, sms: price });
      const taken = await debit(['sms']);
      await store('large', taken!);
      await taken!.commit();
      await at.wallet.refund(at.workspace, taken!.id, 'sms', price, 'large');
      expect(await balance()).toBe(1_000_000_000_000_000);
      await at.expectSettled();
    });

    it('lets exactly 20 of 50 parallel debits through when there is money for 20', async () => {
      await switchOn(20 * 50_000);
      const processes = [at.wallet, another()];
      const results = await Promise.allSettled(
        Array.from({ length: 50 }, async (_, n) => {
          const session = `s${n}`;
          const taken = await debit(['sms'], session, processes[n % 2]);
          await store(session, taken!);
          await taken!.commit();
        }),
      );
      const refused = results.filter((result) => result.status === 'rejected');
      expect(refused.map(({ reason }) => reason.reason)).toEqual(Array(30).fill('INSUFFICIENT_BALANCE'));
      expect(await balance()).toBe(0);
      const { entries } = await at.ledger();
      expect(entries.filter(({ type }) => type === 'DEBIT')).toHaveLength(20);
      await at.expectSettled();
    });
  });

  describe('a debit', () => {
    it('is in the ledger once it is committed, at the time it was made', async () => {
      await switchOn(60_000);
      const taken = await debit(['email', 'sms'], 'the-session');
      const madeAt = new Date(at.clock.now());
      at.clock.advance(1_000);
      await store('the-session', taken!);
      await taken!.commit();
      await taken!.commit();
      const { entries } = await at.ledger();
      expect(entries.filter(({ type }) => type === 'DEBIT')).toMatchObject([
        {
          _id: `${at.workspace}/${taken!.id}`,
          amount: -51_000,
          currency: 'USD',
          at: madeAt,
          sessionId: 'the-session',
          charges: { email: 1_000, sms: 50_000 },
        },
      ]);
      await at.expectSettled();
    });

    it('has no effect once it is taken back, however often', async () => {
      await switchOn(60_000);
      const taken = await debit(['sms']);
      expect(await balance()).toBe(10_000);
      await Promise.all([taken!.refund(), taken!.refund()]);
      await taken!.refund();
      expect(await balance()).toBe(60_000);
      await at.expectSettled();
    });

    it('is usable for less than 30 seconds', async () => {
      await switchOn(60_000);
      const taken = await debit(['sms']);
      expect(taken!.isUsable(at.clock.now() + 29_999)).toBe(true);
      expect(taken!.isUsable(at.clock.now() + 30_000)).toBe(false);
    });

    it('left by its process is kept after five minutes if its session holds it, and taken back if not', async () => {
      await switchOn(200_000);
      const kept = await debit(['sms'], 'stored');
      await store('stored', kept!);
      await debit(['sms'], 'never-stored');
      const resent = await debit(['sms'], 'stored');
      expect(resent!.id).not.toBe(kept!.id);
      expect(await balance()).toBe(50_000);

      at.clock.advance(299_999);
      await sweep();
      expect(await balance()).toBe(50_000);
      expect(Object.keys((await at.wallet.read(at.workspace)).pending)).toHaveLength(3);
      at.clock.advance(1);
      await sweep();
      expect(await balance()).toBe(150_000);
      const { entries } = await at.ledger();
      expect(entries.filter(({ type }) => type === 'DEBIT').map(({ _id }) => _id)).toEqual([
        `${at.workspace}/${kept!.id}`,
      ]);
      await at.expectSettled();
    });

    it('is swept once by sweepers that meet', async () => {
      await switchOn(60_000);
      await debit(['sms']);
      at.clock.advance(300_000);
      await Promise.all([sweep(), sweep(), sweep()]);
      expect(await balance()).toBe(60_000);
    });
  });
});
