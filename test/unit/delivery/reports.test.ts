import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { createTakeReports } from '../../../server/delivery/reports.js';
import type { StoredSession } from '../../../server/session/stored.js';
import { eachEngine, type TestStore } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { ManualClock } from '../../support/manualClock.js';
import { parseExposition } from '../../support/prometheus.js';
import { WATCHERS, watch } from '../../wire/support/watchers.js';
import { webhook } from '../gateway/support/callbacks/reporters.js';
import { type Reporting, responseAfter, startReporting } from '../gateway/support/callbacks/reporting.js';

const PRICE = 50_000;

eachEngine((engine) => {
  let store: TestStore;
  beforeEach(async () => {
    store = await engine.newStore();
  });

  const report = (at: Reporting, id: string, status: string) => at.post(webhook.report(id, status));
  const taken = async (at: Reporting, id: string, status: string) =>
    expect((await report(at, id, status)).status).toBe(200);
  const codeOf = async (at: Reporting, n: number): Promise<string> =>
    JSON.parse((await at.vendor.nth(n)).body).code;
  const reports = async ({ service }: Reporting): Promise<Record<string, number>> => {
    const text = await (await fetch(`${service.baseUrl}/metrics`)).text();
    const { series } = parseExposition(text).get('countersign_delivery_reports_total')!;
    return Object.fromEntries(series.map(({ labels, value }) => [labels.outcome, value]));
  };
  const balance = async ({ call }: Reporting): Promise<number> =>
    Number((await call('otp.admin.v1.WalletService/GetWallet', {})).body.wallet.balanceMicros ?? 0);
  const rich = async () => {
    const at = await startReporting(store, webhook);
    const wallet = { enabled: true, prices: { smsMicros: `${PRICE}` } };
    await at.call('otp.admin.v1.WalletService/UpdateWallet', { wallet, updateMask: 'enabled,prices' });
    await at.call('otp.admin.v1.WalletService/CreditWallet', { amountMicros: `${10 * PRICE}` });
    return at;
  };

  describe('a receipt with many reports', () => {
    it('is stored a few reports at a time, each once, and none is waited for', async () => {
      const clock = new ManualClock();
      let running = 0;
      let most = 0;
      let reads = 0;
      const sessions = {
        async findOne() {
          reads++;
          running++;
          most = Math.max(most, running);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
          return null;
        },
      } as unknown as Parameters<typeof createTakeReports>[0]['sessions'];
      const outcomes: unknown[] = [];
      const take = createTakeReports({
        sessions,
        changed: () => {},
        clock,
        metrics: { deliveryReports: { add: (labels: unknown) => void outcomes.push(labels) } } as never,
        log: pino({ level: 'silent' }),
      });
      const end = { state: 'DELIVERED' } as const;
      const one = (n: number) => ({ provider: 'whatsapp-cloud', vendorId: `wamid.${n}`, end });
      await take([
        ...Array.from({ length: 100 }, (_, n) => one(n)),
        ...Array.from({ length: 50 }, () => one(7)),
      ]);
      expect({ reads, taken: outcomes.length }).toEqual({ reads: 100, taken: 100 });
      expect(most).toBeLessThanOrEqual(8);
    });
  });

  describe('a message that was accepted', () => {
    it('is DELIVERED once its vendor reports it, and watchers of the session see it', async () => {
      const at = await startReporting(store, webhook);
      const { session, id } = await at.sent();
      const { service } = at;
      const watching = watch(WATCHERS[0]!.open, service.baseUrl, service.liveKey, { sessionId: session });
      await watching.until(2);
      await taken(at, id, 'delivered');
      await eventually(() => watching.events().length === 2);
      expect(watching.events()).toEqual(['DELIVERY_ACCEPTED', 'DELIVERY_DELIVERED']);
      watching.leave();
      expect(await at.delivery(session)).toEqual({
        n: 1,
        state: 'DELIVERED',
        triesLeft: 4,
        provider: 'delivery-webhook',
        vendorId: id,
      });
      expect((await at.stored(session)).events.map((event) => event.id)).toEqual([
        'delivery.accepted.sms.1',
        'delivery.delivered.sms.1',
      ]);
      expect(await reports(at)).toEqual({ delivered: 1 });
    });

    it('is FAILED once its vendor says so, and paid back once however often that is said', async () => {
      const at = await rich();
      const { session, id } = await at.sent();
      expect(await balance(at)).toBe(9 * PRICE);
      const responses = await Promise.all(Array.from({ length: 8 }, () => report(at, id, 'failed')));
      expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
      expect(await at.delivery(session)).toMatchObject({ state: 'FAILED', error: 'UNDELIVERED' });
      await eventually(async () => (await balance(at)) === 10 * PRICE);
      await taken(at, id, 'failed');
      const { events } = await at.stored(session);
      expect(events.map((event) => event.id)).toEqual([
        'delivery.accepted.sms.1',
        'delivery.failed.sms.1',
        'refund.sms.1',
      ]);
      const next = await at.sent();
      await taken(at, next.id, 'delivered');
      expect(await balance(at)).toBe(9 * PRICE);
      expect(await reports(at)).toEqual({ failed: 1, unchanged: 8, delivered: 1 });
    });

    it.each([
      ['delivered', 'failed', 'DELIVERED', 9 * PRICE],
      ['failed', 'delivered', 'FAILED', 10 * PRICE],
    ])('stays as it ended first: %s, then %s', async (first, second, state, left) => {
      const at = await rich();
      const { session, id } = await at.sent();
      await taken(at, id, first);
      const ended = await at.delivery(session);
      await taken(at, id, second);
      expect(await at.delivery(session)).toEqual(ended);
      expect(ended.state).toBe(state);
      await eventually(async () => (await balance(at)) === left);
    });

    it('may be reported when its session has ended', async () => {
      const at = await rich();
      const { session, id } = await at.sent();
      await at.call('otp.v1.OtpService/CancelSession', { sessionId: session });
      await taken(at, id, 'failed');
      expect(await at.delivery(session)).toMatchObject({ state: 'FAILED' });
      await eventually(async () => (await balance(at)) === 10 * PRICE);
    });

    it('did not fail when its code was entered', async () => {
      const at = await rich();
      const { session, id } = await at.sent();
      const code = await codeOf(at, 1);
      const verified = await at.call('otp.v1.OtpService/Verify', { sessionId: session, code });
      expect(verified.status, JSON.stringify(verified.body)).toBe(200);
      await taken(at, id, 'failed');
      expect(await at.delivery(session)).toMatchObject({ state: 'ACCEPTED' });
      await taken(at, id, 'delivered');
      expect(await at.delivery(session)).toMatchObject({ state: 'DELIVERED' });
      expect(await balance(at)).toBe(9 * PRICE);
    });
  });

  describe('a message that was replaced by a resend', () => {
    it('says nothing of the one that replaced it', async () => {
      const at = await rich();
      const { session, id: old } = await at.sent();
      at.clock.advance(30_000);
      const resent = await at.call('otp.v1.OtpService/Resend', { sessionId: session });
      expect(resent.status, JSON.stringify(resent.body)).toBe(200);
      const { id } = await at.vendor.nth(2);
      await eventually(async () => (await at.delivery(session)).state === 'ACCEPTED');
      const before = await at.stored(session);
      expect(before.vendorIds).toEqual([`delivery-webhook/${old}`, `delivery-webhook/${id}`]);
      await taken(at, old, 'failed');
      await taken(at, old, 'delivered');
      expect(await at.stored(session)).toEqual(before);
      await taken(at, id, 'delivered');
      expect(await at.delivery(session)).toMatchObject({ n: 2, state: 'DELIVERED' });
    });
  });

  describe('an unexpected report', () => {
    it('of a message whose acceptance is not recorded yet is taken once it is', async () => {
      const at = await startReporting(store, webhook);
      const release = at.vendor.hold();
      const { body } = await at.call('otp.v1.OtpService/Send', { recipients: { sms: '+573015550101' } });
      const { id } = await at.vendor.nth(1);
      const before = at.operations();
      const asking = report(at, id, 'delivered');
      await eventually(() => at.operations() > before);
      release();
      await eventually(async () => (await at.delivery(body.session.id)).state === 'ACCEPTED');
      expect((await responseAfter(at.clock, asking)).status).toBe(200);
      expect(await at.delivery(body.session.id)).toMatchObject({ state: 'DELIVERED' });
    });

    it('of a message that is not ours gets the same response as any other, after two seconds', async () => {
      const at = await startReporting(store, webhook);
      const begun = at.clock.now();
      const response = await responseAfter(at.clock, report(at, 'not ours', 'delivered'));
      expect(response.status).toBe(200);
      expect(at.clock.now() - begun).toBeGreaterThanOrEqual(2_000);
      expect(await reports(at)).toEqual({ unknown: 1 });
    });

    it('while the store cannot be reached has to come again', async () => {
      const at = await startReporting(store, webhook);
      const { session, id } = await at.sent();
      at.loseStore(true);
      const response = await report(at, id, 'delivered');
      expect([response.status, (await response.json()).code]).toEqual([503, 'STORE_UNAVAILABLE']);
      at.loseStore(false);
      await taken(at, id, 'delivered');
      expect(await at.delivery(session)).toMatchObject({ state: 'DELIVERED' });
    });
  });

  describe('a channel that waits for another to fail', () => {
    it('is used at once when the vendor says that the other failed after all', async () => {
      const clock = new ManualClock();
      const now = clock.now();
      const documents = await store.open({ clock });
      const sessions = documents.collection<StoredSession>('sessions');
      const later = new Date(now + 60_000);
      const waiting = { n: 1, state: 'QUEUED', triesLeft: 5, message: 'sealed', dueAt: later } as const;
      const accepted = {
        n: 1,
        state: 'ACCEPTED',
        triesLeft: 4,
        provider: 'twilio',
        vendorId: 'SM1',
      } as const;
      await sessions.insertOne({
        _id: 'default/session',
        rev: 3,
        events: [],
        vendorIds: ['twilio/SM1'],
        deliverAt: later,
        channels: {
          sms: { state: 'PENDING', delivery: accepted },
          whatsapp: { state: 'PENDING', delivery: { ...waiting, waits: { for: ['sms'], ms: 60_000 } } },
        },
      } as unknown as StoredSession);
      const changed: StoredSession[] = [];
      const take = createTakeReports({
        sessions,
        changed: (session) => changed.push(session),
        clock,
        metrics: { deliveryReports: { add() {} } } as never,
        log: pino({ level: 'silent' }),
      });
      const end = { state: 'FAILED', error: 'WRONG_RECIPIENT' } as const;
      await take([{ provider: 'twilio', vendorId: 'SM1', end }]);
      expect(changed).toHaveLength(1);
      expect(changed[0]).toMatchObject({ rev: 4, deliverAt: new Date(now) });
      expect(changed[0]!.channels.whatsapp!.delivery).toEqual({
        ...waiting,
        dueAt: new Date(now),
        freedAt: new Date(now),
      });
      expect(changed[0]!.channels.sms!.delivery).toEqual({ ...accepted, ...end });
    });
  });
});
