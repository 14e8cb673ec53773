import { beforeEach, describe, expect, it } from 'vitest';
import type { ChannelName } from '../../../server/domain/channels.js';
import { type Engine, eachEngine, type TestStore } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { createGate } from '../../support/gate.js';
import { type Delivering, newRecipients, passing, startDelivering } from './support/delivering.js';
import { ACCEPTED, REFUSED, RETRY } from './support/scripted.js';

const CHANNELS = {
  email: 'CHANNEL_EMAIL',
  sms: 'CHANNEL_SMS',
  whatsapp: 'CHANNEL_WHATSAPP',
} as const;
const step = (channel: ChannelName, seconds: number) => ({
  channel: CHANNELS[channel],
  wait: `${seconds}s`,
});
const SMS_LATER = { fallback: [step('sms', 40)] };

eachEngine((engine: Engine) => {
  let store: TestStore;
  beforeEach(async () => {
    store = await engine.newStore();
  });

  const shown = async ({ call }: Delivering, sessionId: string, channel: ChannelName) => {
    const { body } = await call('otp.v1.OtpService/GetSession', { sessionId });
    const { deliveryState, dueAt } = body.session.channels.find(
      (one: { channel: string }) => one.channel === CHANNELS[channel],
    );
    return { deliveryState, dueAt };
  };
  const tryOf = ({ provider }: Delivering, channel: ChannelName, n = 1) =>
    eventually(() => provider.tries.filter(({ message }) => message.channel === channel)[n - 1]);
  /** The same, for a message that leaves when time has passed. */
  const comes = ({ provider, clock }: Delivering, channel: ChannelName) =>
    passing(clock, () => provider.tries.find(({ message }) => message.channel === channel));
  const dueAt = async (at: Delivering, id: string, channel: ChannelName) =>
    (await at.delivery(id, channel)).dueAt!.getTime();
  const verify = ({ call }: Delivering, sessionId: string, channel: ChannelName, code: string) =>
    call('otp.v1.OtpService/Verify', { sessionId, codes: { [channel]: code } });
  const resend = (at: Delivering, sessionId: string, ...channels: ChannelName[]) =>
    at.call('otp.v1.OtpService/Resend', { sessionId, channels: channels.map((name) => CHANNELS[name]) });
  /** Shows that nothing else was sent until a message asked for now has been. */
  const nothingElse = async (at: Delivering, tries: number) => {
    at.provider.always(ACCEPTED);
    const other = await at.send(newRecipients('email'));
    await at.settled(other);
    expect(at.provider.tries).toHaveLength(tries + 1);
  };

  describe('a channel that waits', () => {
    it('is sent to exactly when its wait has ended and no code was entered, and its code works', async () => {
      const at = await startDelivering(store);
      const begun = at.clock.now();
      const id = await at.send(newRecipients('email', 'sms'), SMS_LATER);
      (await tryOf(at, 'email')).answer(ACCEPTED);
      await at.settled(id, 'email');
      const due = new Date(begun + 40_000).toISOString();
      expect(await shown(at, id, 'sms')).toEqual({
        deliveryState: 'DELIVERY_STATE_WAITING',
        dueAt: due.replace('.000', ''),
      });
      at.clock.advance(39_999);
      await nothingElse(at, 1);
      at.provider.always(undefined);
      const { message, answer, at: sentAt } = await comes(at, 'sms');
      expect(message.sessionId).toBe(id);
      expect(sentAt).toBeGreaterThanOrEqual(begun + 40_000);
      expect(await shown(at, id, 'sms')).toEqual({ deliveryState: 'DELIVERY_STATE_QUEUED' });
      answer(ACCEPTED);
      expect(await at.settled(id, 'sms')).toMatchObject({ n: 1, state: 'ACCEPTED' });
      const { body } = await verify(at, id, 'sms', message.code);
      expect(body.session).toMatchObject({
        status: 'SESSION_STATUS_APPROVED',
        policy: { strategy: 'STRATEGY_ANY' },
      });
    });

    it('is sent to at once when the message before it finally failed', async () => {
      const at = await startDelivering(store);
      const id = await at.send(newRecipients('email', 'sms'), SMS_LATER);
      (await tryOf(at, 'email')).answer(REFUSED);
      const { at: sentAt, answer } = await tryOf(at, 'sms');
      expect(sentAt).toBe(at.clock.now());
      answer(ACCEPTED);
      expect(await at.settled(id, 'sms')).toMatchObject({ state: 'ACCEPTED' });
      expect(await at.settled(id, 'email')).toMatchObject({ state: 'FAILED', error: 'REFUSED' });
    });

    it('keeps waiting while the message before it is attempted again', async () => {
      const at = await startDelivering(store);
      const id = await at.send(newRecipients('email', 'sms'), SMS_LATER);
      (await tryOf(at, 'email')).answer(RETRY);
      (await passing(at.clock, () => at.provider.tries[1])).answer(ACCEPTED);
      await at.settled(id, 'email');
      expect(await shown(at, id, 'sms')).toMatchObject({ deliveryState: 'DELIVERY_STATE_WAITING' });
      expect(at.provider.tries.map(({ message }) => message.channel)).toEqual(['email', 'email']);
    });

    it('waits for all channels without a step, and the next one for it', async () => {
      const at = await startDelivering(store);
      const begun = at.clock.now();
      const id = await at.send(newRecipients('email', 'sms', 'whatsapp'), {
        fallback: [step('whatsapp', 30), step('email', 50)],
      });
      (await tryOf(at, 'sms')).answer(ACCEPTED);
      await at.settled(id, 'sms');
      expect(await dueAt(at, id, 'email')).toBe(begun + 80_000);
      const whatsapp = await comes(at, 'whatsapp');
      expect(whatsapp.at).toBeGreaterThanOrEqual(begun + 30_000);
      const now = at.clock.now();
      whatsapp.answer(REFUSED);
      expect((await tryOf(at, 'email')).at).toBe(now);
    });

    it('that is used early gives the next one its whole wait', async () => {
      const at = await startDelivering(store);
      const id = await at.send(newRecipients('email', 'sms', 'whatsapp'), {
        fallback: [step('sms', 40), step('whatsapp', 50)],
      });
      at.clock.advance(7_000);
      (await tryOf(at, 'email')).answer(REFUSED);
      (await tryOf(at, 'sms')).answer(ACCEPTED);
      await at.settled(id, 'sms');
      expect(await dueAt(at, id, 'whatsapp')).toBe(at.clock.now() + 50_000);
    });

    it('is not counted as late', async () => {
      const at = await startDelivering(store);
      at.provider.always(ACCEPTED);
      const id = await at.send(newRecipients('email', 'sms'), SMS_LATER);
      await at.settled(id, 'email');
      await comes(at, 'sms');
      await at.settled(id, 'sms');
      const metrics = await (await fetch(`${at.service.baseUrl}/metrics`)).text();
      const seconds = /countersign_delivery_duration_seconds_sum\{channel="sms"\} (\S+)/.exec(metrics)?.[1];
      // Some clock may pass between the end of its wait and its try, but not the forty seconds.
      expect(Number(seconds)).toBeLessThan(20);
    });

    it('is sent to by another process when its own has died', async () => {
      const gate = createGate();
      const dead = await startDelivering(store, { around: gate.around });
      const { clock } = dead;
      const begun = clock.now();
      const id = await dead.send(newRecipients('email', 'sms'), SMS_LATER);
      (await tryOf(dead, 'email')).answer(ACCEPTED);
      await dead.settled(id, 'email');
      void gate.hold();
      const alive = await startDelivering(store, { clock });
      const { message, at, answer } = await passing(clock, () => alive.provider.tries[0]);
      expect({ id: message.sessionId, channel: message.channel }).toEqual({ id, channel: 'sms' });
      expect(at).toBeGreaterThanOrEqual(begun + 40_000);
      answer(ACCEPTED);
      expect(await alive.settled(id, 'sms')).toMatchObject({ state: 'ACCEPTED', triesLeft: 4 });
      gate.release();
      expect(dead.provider.tries).toHaveLength(1);
    });

    it('is not sent to when no process was running at its time', async () => {
      const gate = createGate();
      const dead = await startDelivering(store, { around: gate.around });
      const { clock } = dead;
      const id = await dead.send(newRecipients('email', 'sms'), SMS_LATER);
      (await tryOf(dead, 'email')).answer(ACCEPTED);
      await dead.settled(id, 'email');
      void gate.hold();
      clock.advance(300_000);
      const late = await startDelivering(store, { clock });
      expect(await late.settled(id, 'sms')).toMatchObject({ state: 'FAILED', error: 'EXPIRED' });
      expect(late.provider.tries).toEqual([]);
      gate.release();
    });

    it('does not wait in the sandbox: its code is in the response', async () => {
      const at = await startDelivering(store);
      const { body } = await at.call('otp.v1.OtpService/Send', {
        recipients: newRecipients('email', 'sms'),
        ...SMS_LATER,
        sandbox: true,
      });
      expect(Object.keys(body.sandboxCodes)).toEqual(['email', 'sms']);
      expect(body.session.policy).toEqual({ strategy: 'STRATEGY_ANY' });
      expect(await shown(at, body.session.id, 'sms')).toEqual({ deliveryState: 'DELIVERY_STATE_NOT_SENT' });
    });
  });

  describe('a resend while a channel waits', () => {
    const opened = async () => {
      const at = await startDelivering(store);
      at.provider.always(ACCEPTED);
      const id = await at.send(newRecipients('email', 'sms'), SMS_LATER);
      await at.settled(id, 'email');
      at.clock.advance(35_000);
      return { at, id };
    };

    it('goes to those that were sent to; the wait begins again, and the code that waits lives on', async () => {
      const { at, id } = await opened();
      const resent = at.clock.now();
      expect((await resend(at, id)).status).toBe(200);
      await tryOf(at, 'email', 2);
      expect(await at.delivery(id, 'sms')).toMatchObject({ n: 1, dueAt: new Date(resent + 40_000) });
      at.clock.advance(39_999);
      await nothingElse(at, 2);
      const { message, at: sentAt } = await comes(at, 'sms');
      expect(sentAt).toBeGreaterThanOrEqual(resent + 40_000);
      // The first lifetime is over by now; the code lives as long as the session.
      at.clock.advance(resent + 299_999 - at.clock.now());
      const { body } = await verify(at, id, 'sms', message.code);
      expect(body.session.status).toBe('SESSION_STATUS_APPROVED');
    });

    it('that names it is sent to it at once, with a new code', async () => {
      const { at, id } = await opened();
      const resent = at.clock.now();
      expect((await resend(at, id, 'sms')).status).toBe(200);
      const { message, at: sentAt } = await tryOf(at, 'sms');
      expect(sentAt).toBe(resent);
      expect(await at.settled(id, 'sms')).toMatchObject({ n: 2, state: 'ACCEPTED' });
      at.clock.advance(60_000);
      await nothingElse(at, 2);
      expect((await verify(at, id, 'sms', message.code)).status).toBe(200);
    });

    it('that names one of two gives the other its wait from then on', async () => {
      const at = await startDelivering(store);
      at.provider.always(ACCEPTED);
      const id = await at.send(newRecipients('email', 'sms', 'whatsapp'), {
        fallback: [step('sms', 50), step('whatsapp', 60)],
      });
      await at.settled(id, 'email');
      at.clock.advance(30_000);
      expect((await resend(at, id, 'sms')).status).toBe(200);
      await tryOf(at, 'sms');
      expect(await dueAt(at, id, 'whatsapp')).toBe(at.clock.now() + 60_000);
    });

    it('shortly before the very last end leaves thirty seconds to enter the code', async () => {
      const at = await startDelivering(store);
      at.provider.always(ACCEPTED);
      const begun = at.clock.now();
      const id = await at.send(newRecipients('email', 'sms'), {
        config: { lifetime: '120s' },
        fallback: [step('sms', 90)],
      });
      // A session ends three lifetimes after it was created, whatever is resent.
      for (const [seconds, due] of [
        [80, 170],
        [160, 250],
        [240, 330],
        [300, 330],
      ] as const) {
        at.clock.advance(begun + seconds * 1000 - at.clock.now());
        expect((await resend(at, id)).status).toBe(200);
        expect(await dueAt(at, id, 'sms')).toBe(begun + due * 1000);
      }
    });
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
      const email = await tryOf(at, 'email');
      email.answer(ACCEPTED);
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
      await tryOf(at, 'email', 2);
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
      await verify(at, session.id, 'email', at.provider.tries[0]!.message.code);
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
    const { code } = at.provider.tries[0]!.message;
    await verify(at, id, 'email', code);
    const { body } = await at.call('otp.v1.OtpService/ListSessions', {});
    expect(body.sessions[0].channels[1].deliveryState).toBe('DELIVERY_STATE_NOT_SENT');
    const types = (await at.stored(id)).events.map(({ type }) => type);
    expect(types).toEqual(['delivery.accepted', 'session.approved', 'unsent']);
  });
});
