import { pino } from 'pino';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StoredWallet } from '../../../../server/admin/wallet/stored.js';
import { createSweep } from '../../../../server/admin/wallet/sweep.js';
import { createWallet, type Debit, type Wallet } from '../../../../server/admin/wallet/wallet.js';
import type { ChannelName } from '../../../../server/domain/channels.js';
import { createIds } from '../../../../server/domain/ids.js';
import type { StoredSession } from '../../../../server/session/stored.js';
import type { Documents } from '../../../../server/store/documents.js';
import { eachEngine } from '../../../support/engines.js';
import { ManualClock } from '../../../support/manualClock.js';
import { seededRandom } from '../../../support/seededRandom.js';
import { expectSettled, readLedger } from './support/ledger.js';

const log = pino({ level: 'silent' });
const PRICES = { email: 1_000, sms: 50_000, whatsapp: 0 };

eachEngine((engine) => {
  const random = seededRandom(`wallet on ${engine.name}`);
  let documents: Documents;
  let clock: ManualClock;
  let workspace: string;
  let newId: () => string;
  let wallet: Wallet;

  beforeAll(async () => {
    documents = await engine.open();
  });
  beforeEach(async () => {
    clock = new ManualClock();
    newId = createIds(clock, random);
    workspace = `w-${newId()}`;
    wallet = another();
  });

  /** As another process has it. */
  const another = () => createWallet({ documents, newId, clock, log });
  const wallets = () => documents.collection<StoredWallet>('wallets');
  const sessions = () => documents.collection<StoredSession>('sessions');

  async function switchOn(balance: number, prices = PRICES) {
    await wallet.open(workspace);
    await wallets().findOneAndUpdate({ _id: workspace }, { $set: { enabled: true, prices } });
    wallet.forget(workspace);
    if (balance > 0) await wallet.credit(workspace, { amount: balance, reference: '', requestId: '' });
  }
  const debit = (channels: ChannelName[], session = newId(), from = wallet) =>
    from.debit(workspace, session, channels, clock.now());
  const balance = async () => (await wallet.read(workspace)).balance;
  const store = (sessionId: string, { id, charges }: Debit) =>
    sessions().insertOne({ _id: `${workspace}/${sessionId}`, charges: { [id]: charges } } as never);
  async function sweep() {
    const found = await wallets().findOne({ _id: workspace });
    if (found) await createSweep(documents, clock)(found);
  }

  describe('a wallet', () => {
    it('that is off costs nothing and keeps nothing', async () => {
      expect(await debit(['sms'])).toBeUndefined();
      expect(await wallet.read(workspace)).toMatchObject({ enabled: false, balance: 0 });
      expect(await wallets().findOne({ _id: workspace })).toBeNull();
      await wallet.credit(workspace, { amount: 5, reference: '', requestId: '' });
      expect(await debit(['sms'])).toBeUndefined();
    });

    it('pays each channel its price, and nothing where all are free', async () => {
      await switchOn(101_000);
      const taken = await debit(['email', 'sms', 'whatsapp']);
      expect(taken).toMatchObject({ charges: { email: 1_000, sms: 50_000 }, at: new Date(clock.now()) });
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
      await wallet.credit(workspace, { amount: 999, reference: '', requestId: '' });
      await expect(debit(['email'])).rejects.toMatchObject({ reason: 'INSUFFICIENT_BALANCE' });
      await wallet.credit(workspace, { amount: 1, reference: '', requestId: '' });
      await expect(debit(['email'])).resolves.toBeDefined();
    });

    it('of another process sees new prices within five seconds, and being switched off or out of money at once', async () => {
      await switchOn(200_000);
      const other = another();
      await debit(['sms'], newId(), other);
      await wallets().findOneAndUpdate({ _id: workspace }, { $set: { 'prices.sms': 70_000 } });
      expect((await debit(['sms'], newId(), other))?.charges).toEqual({ sms: 50_000 });
      clock.advance(5_000);
      expect((await debit(['sms'], newId(), other))?.charges).toEqual({ sms: 70_000 });
      await expect(debit(['sms'], newId(), other)).rejects.toMatchObject({ reason: 'INSUFFICIENT_BALANCE' });
      await wallets().findOneAndUpdate({ _id: workspace }, { $set: { enabled: false } });
      expect(await debit(['email'], newId(), other)).toBeUndefined();
    });

    it('has amounts beyond 32 bits', async () => {
      const price = 900_000_000_000;
      await switchOn(1_000_000_000_000_000, { ...PRICES, sms: price });
      const taken = await debit(['sms']);
      await store('large', taken!);
      await taken!.commit();
      await wallet.refund(workspace, taken!.id, 'sms', price, 'large');
      expect(await balance()).toBe(1_000_000_000_000_000);
      await expectSettled(documents, workspace);
    });

    it('lets exactly 20 of 50 parallel debits through when there is money for 20', async () => {
      await switchOn(20 * 50_000);
      const processes = [wallet, another()];
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
      const { entries } = await readLedger(documents, workspace);
      expect(entries.filter(({ type }) => type === 'DEBIT')).toHaveLength(20);
      await expectSettled(documents, workspace);
    });
  });

  describe('a debit', () => {
    it('stands in the ledger once it is committed, by the time it was made', async () => {
      await switchOn(60_000);
      const taken = await debit(['email', 'sms'], 'the-session');
      const at = new Date(clock.now());
      clock.advance(1_000);
      await store('the-session', taken!);
      await taken!.commit();
      await taken!.commit();
      const { entries } = await readLedger(documents, workspace);
      expect(entries.filter(({ type }) => type === 'DEBIT')).toMatchObject([
        {
          _id: `${workspace}/${taken!.id}`,
          amount: -51_000,
          currency: 'USD',
          at,
          sessionId: 'the-session',
          charges: { email: 1_000, sms: 50_000 },
        },
      ]);
      await expectSettled(documents, workspace);
    });

    it('is as if it never was once it is taken back, however often', async () => {
      await switchOn(60_000);
      const taken = await debit(['sms']);
      expect(await balance()).toBe(10_000);
      await Promise.all([taken!.refund(), taken!.refund()]);
      await taken!.refund();
      expect(await balance()).toBe(60_000);
      await expectSettled(documents, workspace);
    });

    it('is usable for less than 30 seconds', async () => {
      await switchOn(60_000);
      const taken = await debit(['sms']);
      expect(taken!.isUsable(clock.now() + 29_999)).toBe(true);
      expect(taken!.isUsable(clock.now() + 30_000)).toBe(false);
    });

    it('left by its process is kept after five minutes if its session holds it, and taken back if not', async () => {
      await switchOn(200_000);
      const kept = await debit(['sms'], 'stored');
      await store('stored', kept!);
      await debit(['sms'], 'never-stored');
      const resent = await debit(['sms'], 'stored');
      expect(resent!.id).not.toBe(kept!.id);
      expect(await balance()).toBe(50_000);

      clock.advance(299_999);
      await sweep();
      expect(await balance()).toBe(50_000);
      expect(Object.keys((await wallet.read(workspace)).pending)).toHaveLength(3);
      clock.advance(1);
      await sweep();
      expect(await balance()).toBe(150_000);
      const { entries } = await readLedger(documents, workspace);
      expect(entries.filter(({ type }) => type === 'DEBIT').map(({ _id }) => _id)).toEqual([
        `${workspace}/${kept!.id}`,
      ]);
      await expectSettled(documents, workspace);
    });

    it('is swept once by sweepers that meet', async () => {
      await switchOn(60_000);
      await debit(['sms']);
      clock.advance(300_000);
      await Promise.all([sweep(), sweep(), sweep()]);
      expect(await balance()).toBe(60_000);
    });
  });

  describe('a refund', () => {
    it('is made once for a channel of a debit, however often and from wherever it is asked for', async () => {
      await switchOn(102_000);
      const first = await debit(['email', 'sms'], 's');
      const second = await debit(['email', 'sms'], 's');
      await store('s', first!);
      await sessions().findOneAndUpdate(
        { _id: `${workspace}/s` },
        { $set: { [`charges.${second!.id}`]: second!.charges } },
      );
      await Promise.all([first!.commit(), second!.commit()]);
      const refund = (from: Wallet, { id, charges }: Debit, channel: ChannelName) =>
        from.refund(workspace, id, channel, charges[channel]!, 's');
      const asked = [wallet, another(), another()].flatMap((from) => [
        refund(from, first!, 'sms'),
        refund(from, first!, 'email'),
        refund(from, second!, 'email'),
      ]);
      await Promise.all(asked);
      clock.advance(90 * 86_400_000);
      await sweep();
      await refund(another(), first!, 'sms');
      expect(await balance()).toBe(52_000);
      const { entries } = await readLedger(documents, workspace);
      const refunds = entries.filter(({ type }) => type === 'REFUND');
      expect(refunds.map(({ debit: of, charges, amount }) => ({ of, charges, amount }))).toEqual(
        expect.arrayContaining([
          { of: first!.id, charges: { sms: 50_000 }, amount: 50_000 },
          { of: first!.id, charges: { email: 1_000 }, amount: 1_000 },
          { of: second!.id, charges: { email: 1_000 }, amount: 1_000 },
        ]),
      );
      expect(refunds).toHaveLength(3);
      await expectSettled(documents, workspace);
    });

    it('of very many at once leaves the wallet as small as it was', async () => {
      // On the embedded store more than one batch; the test server for MongoDB is slow.
      const many = engine.name === 'embedded' ? 120 : 20;
      await switchOn(1_000_000);
      const refund = (n: number) => wallet.refund(workspace, `d${n}`, 'sms', 1, 's');
      await Promise.all(Array.from({ length: many }, (_, n) => refund(n)));
      const after = await wallet.read(workspace);
      expect(after.balance).toBe(1_000_000 + many);
      expect(JSON.stringify(after).length).toBeLessThan(400);
      // Whoever waited shared the work: far fewer batches than refunds.
      expect(after.batchNo).toBeLessThan(many / 2);
    });
  });

  describe('a credit', () => {
    it('is made once for a request id', async () => {
      const credit = { amount: 7, reference: 'invoice 1', requestId: 'r1' };
      const both = await Promise.all([wallet.credit(workspace, credit), another().credit(workspace, credit)]);
      expect(both[0].entry).toEqual(both[1].entry);
      clock.advance(90 * 86_400_000);
      expect((await wallet.credit(workspace, credit)).wallet.balance).toBe(7);
      for (const other of [{ amount: 8 }, { reference: '' }]) {
        await expect(wallet.credit(workspace, { ...credit, ...other })).rejects.toMatchObject({
          reason: 'IDEMPOTENCY_CONFLICT',
        });
      }
      expect((await wallet.credit(workspace, { ...credit, requestId: 'r2' })).wallet.balance).toBe(14);
      await expectSettled(documents, workspace);
    });

    it('without a request id is made each time', async () => {
      for (const expected of [5, 10, 15]) {
        const { wallet: after } = await wallet.credit(workspace, { amount: 5, reference: '', requestId: '' });
        expect(after.balance).toBe(expected);
      }
    });

    it('can be taken back, also what was spent; then nothing is paid until it is made good', async () => {
      await switchOn(60_000);
      const taken = await debit(['sms'], 's');
      await store('s', taken!);
      await taken!.commit();
      await wallet.credit(workspace, { amount: -60_000, reference: 'mistake', requestId: '' });
      expect(await balance()).toBe(-50_000);
      await expect(debit(['email'])).rejects.toMatchObject({ reason: 'INSUFFICIENT_BALANCE' });
      expect(await debit(['whatsapp'])).toBeUndefined();
      await expectSettled(documents, workspace);
    });

    it('never brings the balance to where numbers are not exact any more', async () => {
      const credit = (amount: number) => wallet.credit(workspace, { amount, reference: '', requestId: '' });
      for (let n = 0; n < 9; n++) await credit(1e15);
      await expect(credit(1)).rejects.toMatchObject({
        reason: 'INVALID_REQUEST',
        details: { violations: [{ field: 'amount_micros' }] },
      });
      expect(await balance()).toBe(9e15);
    });
  });
});
