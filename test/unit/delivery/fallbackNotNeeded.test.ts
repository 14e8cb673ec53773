import { beforeEach, describe, expect, it } from 'vitest';
import { eachEngine, type TestStore } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { type Delivering, newRecipients, startDelivering } from './support/delivering.js';
import { attemptOf, nothingElse, resend, SMS_LATER, shown, verify } from './support/fallback.js';
import { ACCEPTED } from './support/scripted.js';

eachEngine((engine) => {
  let store: TestStore;
  beforeEach(async () => {
    store = await engine.newStore();
  });

  describe('with the wallet on', () => {
    const PRICES = { emailMicros: '1000', smsMicros: '50000' };
    const balance = async ({ call }: Delivering): Promise<number> =>
      Number((await call('otp.admin.v1.WalletService/GetWallet', {})).body.wallet.balanceMicros ?? 0);
    const comesTo = (at: Delivering, amount: number) =>
      eventually(async () => {
        at.clock.advance(100);
        return (await balance(at)) === amount;
      });
    const stats = async ({ call }: Delivering) => {
      const { body } = await call('otp.admin.v1.StatsService/GetStats', { channel: 'CHANNEL_SMS' });
      return { sends: Number(body.total.sends ?? 0), spend: Number(body.total.spendMicros ?? 0) };
    };
    const paid = async (more: object = {}) => {
      const at = await startDelivering(store);
      await at.call('otp.admin.v1.WalletService/UpdateWallet', {
        wallet: { enabled: true, prices: PRICES },
        updateMask: 'enabled,prices',
      });
      await at.call('otp.admin.v1.WalletService/CreditWallet', { amountMicros: '1000000' });
      const id = await at.send(newRecipients('email', 'sms'), { ...SMS_LATER, ...more });
      const email = await attemptOf(at, 'email');
      email.respond(ACCEPTED);
      await at.settled(id, 'email');
      // All of it is paid for at once.
      expect(await balance(at)).toBe(949_000);
      return { at, id, code: email.message.code };
    };
    const notSentAndPaidBack = async (at: Delivering, id: string) => {
      expect(await at.delivery(id, 'sms')).toEqual({ n: 1, state: 'NOT_SENT', triesLeft: 5 });
      expect(await shown(at, id, 'sms')).toEqual({ deliveryState: 'DELIVERY_STATE_NOT_SENT' });
      await comesTo(at, 999_000);
      expect(await stats(at)).toEqual({ sends: 0, spend: 0 });
      at.clock.advance(60_000);
      await nothingElse(at, 1);
    };

    it('a message not needed any more is never sent, and paid back: approved', async () => {
      const { at, id, code } = await paid();
      const { body } = await verify(at, id, 'email', code);
      expect(body.session.status).toBe('SESSION_STATUS_APPROVED');
      await notSentAndPaidBack(at, id);
    });

    it('a message not needed any more is never sent, and paid back: cancelled', async () => {
      const { at, id } = await paid();
      await at.call('otp.v1.OtpService/CancelSession', { sessionId: id });
      await notSentAndPaidBack(at, id);
    });

    it('a message not needed any more is never sent, and paid back: locked', async () => {
      const { at, id, code } = await paid({ config: { maxAttempts: 1 } });
      const wrong = (code.startsWith('0') ? '1' : '0') + code.slice(1);
      expect((await verify(at, id, 'email', wrong)).reason).toBe('INVALID_CODE');
      await notSentAndPaidBack(at, id);
    });

    it('a message replaced while it waited is paid once', async () => {
      const { at, id } = await paid();
      at.clock.advance(30_000);
      at.provider.always(ACCEPTED);
      expect((await resend(at, id, 'sms')).status).toBe(200);
      await at.settled(id, 'sms');
      await comesTo(at, 949_000);
      expect(await stats(at)).toEqual({ sends: 1, spend: 50_000 });
    });

    it('a resend to the others costs nothing for the one that waits', async () => {
      const { at, id } = await paid();
      at.clock.advance(30_000);
      at.provider.always(ACCEPTED);
      await resend(at, id);
      await attemptOf(at, 'email', 2);
      expect(await balance(at)).toBe(948_000);
      expect(await stats(at)).toEqual({ sends: 1, spend: 50_000 });
    });

    it('a Send that could not pay for the messages that wait is refused', async () => {
      const { at } = await paid();
      const wallet = { prices: { ...PRICES, smsMicros: '949001' } };
      await at.call('otp.admin.v1.WalletService/UpdateWallet', { wallet, updateMask: 'prices' });
      const { reason } = await at.call('otp.v1.OtpService/Send', {
        recipients: newRecipients('email', 'sms'),
        ...SMS_LATER,
      });
      expect(reason).toBe('INSUFFICIENT_BALANCE');
    });
  });

  describe('limits', () => {
    it('count the recipients of waiting channels at Send', async () => {
      const at = await startDelivering(store);
      at.provider.always(ACCEPTED);
      const { sms } = newRecipients('sms');
      const ask = () =>
        at.call('otp.v1.OtpService/Send', {
          recipients: { ...newRecipients('email'), sms },
          ...SMS_LATER,
        });
      for (let n = 0; n < 5; n++) expect((await ask()).status).toBe(200);
      expect((await ask()).reason).toBe('RATE_LIMITED');
    });
  });

  describe('the approval rate of the guard', () => {
    it('counts a message that waits, and not one that was not needed, whose code could not be entered', async () => {
      const at = await startDelivering(store);
      at.provider.always(ACCEPTED);
      const on = await at.call('otp.admin.v1.GuardService/UpdateGuard', {
        guard: { approvalRate: { minSends: 1, minPercent: 50 } },
        updateMask: 'approvalRate',
      });
      expect(on.status, JSON.stringify(on.body)).toBe(200);
      const ask = () =>
        at.call('otp.v1.OtpService/Send', { recipients: newRecipients('email', 'sms'), ...SMS_LATER });
      const { session } = (await ask()).body;
      expect((await ask()).reason).toBe('SEND_REFUSED');
      await at.settled(session.id, 'email');
      await verify(at, session.id, 'email', at.provider.attempts[0]!.message.code);
      await eventually(async () => {
        at.clock.advance(100);
        return (await at.stored(session.id)).eventsAt === undefined;
      });
      expect((await ask()).status).toBe(200);
    });
  });

  it('a channel that was not needed is NOT_SENT in lists, and its session’s history knows', async () => {
    const at = await startDelivering(store);
    at.provider.always(ACCEPTED);
    const id = await at.send(newRecipients('email', 'sms'), SMS_LATER);
    await at.settled(id, 'email');
    const { code } = at.provider.attempts[0]!.message;
    await verify(at, id, 'email', code);
    const { body } = await at.call('otp.v1.OtpService/ListSessions', {});
    expect(body.sessions[0].channels[1].deliveryState).toBe('DELIVERY_STATE_NOT_SENT');
    const types = (await at.stored(id)).events.map(({ type }) => type);
    expect(types).toEqual(['delivery.accepted', 'session.approved', 'unsent']);
  });
});
