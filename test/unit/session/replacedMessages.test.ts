import { beforeEach, describe, expect, it } from 'vitest';
import { type Engine, eachEngine, type TestStore } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { type Delivering, newRecipients, passing, startDelivering } from '../delivery/support/delivering.js';
import { ACCEPTED, REFUSED, RETRY } from '../delivery/support/scripted.js';

const ANY = { policy: { strategy: 'STRATEGY_ANY' } };

eachEngine((engine: Engine) => {
  let store: TestStore;
  beforeEach(async () => {
    store = await engine.newStore();
  });

  const verify = ({ call }: Delivering, sessionId: string, codes: Record<string, string>) =>
    call('otp.v1.OtpService/Verify', { sessionId, codes });
  const resend = ({ call }: Delivering, sessionId: string) => call('otp.v1.OtpService/Resend', { sessionId });

  describe('a resend while a provider has the old message', () => {
    it.each([ACCEPTED, REFUSED, RETRY])(
      'is not changed by the outcome of the old one: %j',
      async (outcome) => {
        const at = await startDelivering(store, { timeoutMs: 60_000 });
        const id = await at.send(newRecipients('email'));
        const old = await at.provider.nth(1);
        at.clock.advance(30_000);
        expect((await resend(at, id)).status).toBe(200);
        const second = await passing(at.clock, () => at.provider.attempts[1]);
        expect(second.message.code).not.toBe(old.message.code);
        const before = await at.delivery(id);
        expect(before).toMatchObject({ n: 2, state: 'QUEUED', triesLeft: 4 });
        old.respond(outcome);
        // Something else that is sent and done: by then the old outcome would have been recorded.
        const other = await at.send(newRecipients('email'));
        (await at.provider.nth(3)).respond(ACCEPTED);
        await at.settled(other);
        expect(await at.delivery(id)).toEqual(before);
        second.respond(ACCEPTED);
        expect(await at.settled(id)).toMatchObject({ n: 2, state: 'ACCEPTED' });
        const { body } = await verify(at, id, { email: second.message.code });
        expect(body.session.status).toBe('SESSION_STATUS_APPROVED');
      },
    );
  });

  describe('a message that waits', () => {
    it('is not sent once its session is approved', async () => {
      const at = await startDelivering(store);
      const id = await at.send(newRecipients('email', 'sms'), ANY);
      await at.provider.nth(2);
      const of = (channel: string) =>
        at.provider.attempts.find(({ message }) => message.channel === channel)!;
      of('sms').respond(RETRY);
      of('email').respond(ACCEPTED);
      await at.settled(id, 'email');
      await eventually(async () => (await at.delivery(id, 'sms')).lease === undefined);
      await verify(at, id, { email: of('email').message.code });
      expect(await at.delivery(id, 'sms')).toEqual({
        n: 1,
        state: 'NOT_SENT',
        triesLeft: 4,
        provider: 'scripted',
      });
      at.clock.advance(10_000);
      const next = await at.send(newRecipients('email'));
      expect((await at.provider.nth(3)).message.sessionId).toBe(next);
    });

    it('is not sent once its session is cancelled', async () => {
      const at = await startDelivering(store);
      const id = await at.send(newRecipients('email'));
      (await at.provider.nth(1)).respond(RETRY);
      await eventually(async () => (await at.delivery(id)).lease === undefined);
      await at.call('otp.v1.OtpService/CancelSession', { sessionId: id });
      expect(await at.delivery(id)).toMatchObject({ state: 'NOT_SENT' });
      at.clock.advance(10_000);
      const next = await at.send(newRecipients('email'));
      expect((await at.provider.nth(2)).message.sessionId).toBe(next);
    });
  });

  describe('the addresses of a session', () => {
    const addresses = async (at: Delivering, id: string) =>
      Object.entries((await at.stored(id)).channels).flatMap(([name, { address }]) =>
        address ? [name] : [],
      );

    it('is everything while a resend may need it, and nothing of a code once it was sent', async () => {
      const at = await startDelivering(store);
      at.provider.always(ACCEPTED);
      const id = await at.send(newRecipients('email', 'sms'));
      expect(await at.settled(id, 'email')).not.toHaveProperty('message');
      expect(await at.settled(id, 'sms')).not.toHaveProperty('message');
      expect(await addresses(at, id)).toEqual(['email', 'sms']);
    });

    it('is nothing once the session is approved, verified or not', async () => {
      const at = await startDelivering(store);
      at.provider.always(ACCEPTED);
      const id = await at.send(newRecipients('email', 'sms'), ANY);
      await at.settled(id, 'email');
      const { message } = at.provider.attempts.find((one) => one.message.channel === 'email')!;
      await verify(at, id, { email: message.code });
      await eventually(async () => {
        at.clock.advance(100);
        return (await addresses(at, id)).length === 0;
      });
      const { eraseAt, channels } = await at.stored(id);
      expect(eraseAt).toBeUndefined();
      for (const channel of Object.values(channels)) {
        expect(channel).not.toHaveProperty('codeHash');
        expect(channel.delivery).not.toHaveProperty('message');
      }
    });

    it('is nothing once the session is cancelled', async () => {
      const at = await startDelivering(store);
      const id = await at.send(newRecipients('email'));
      await at.provider.nth(1);
      await at.call('otp.v1.OtpService/CancelSession', { sessionId: id });
      await eventually(async () => {
        at.clock.advance(100);
        return (await addresses(at, id)).length === 0;
      });
      expect((await at.stored(id)).channels.email).not.toHaveProperty('codeHash');
    });

    it('is nothing three lifetimes after it was created, and not before', async () => {
      const at = await startDelivering(store);
      at.provider.always(ACCEPTED);
      const begun = at.clock.now();
      const id = await at.send(newRecipients('email'));
      await at.settled(id);
      at.clock.advance(begun + 900_000 - at.clock.now() - 1);
      await at.send(newRecipients('email'));
      await at.provider.nth(2);
      expect(await addresses(at, id)).toEqual(['email']);
      await eventually(async () => {
        at.clock.advance(100);
        return (await addresses(at, id)).length === 0;
      });
      expect(at.clock.now()).toBeGreaterThanOrEqual(begun + 900_000);
    });
  });

  describe('with the wallet on', () => {
    const PRICE = 50_000;
    const balance = async ({ call }: Delivering): Promise<number> =>
      Number((await call('otp.admin.v1.WalletService/GetWallet', {})).body.wallet.balanceMicros ?? 0);
    const rich = async () => {
      const at = await startDelivering(store);
      const { call } = at;
      const wallet = { enabled: true, prices: { smsMicros: `${PRICE}` } };
      const on = await call('otp.admin.v1.WalletService/UpdateWallet', {
        wallet,
        updateMask: 'enabled,prices',
      });
      expect(on.status, JSON.stringify(on.body)).toBe(200);
      await call('otp.admin.v1.WalletService/CreditWallet', { amountMicros: '1000000' });
      expect(await balance(at)).toBe(1_000_000);
      return at;
    };
    const comesTo = (at: Delivering, amount: number) =>
      eventually(async () => {
        at.clock.advance(100);
        return (await balance(at)) === amount;
      });

    it('a message that finally failed is refunded once', async () => {
      const at = await rich();
      const id = await at.send(newRecipients('sms'));
      const { respond } = await at.provider.nth(1);
      expect(await balance(at)).toBe(1_000_000 - PRICE);
      respond(REFUSED);
      await at.settled(id, 'sms');
      await comesTo(at, 1_000_000);
      at.clock.advance(120_000);
      const next = await at.send(newRecipients('sms'));
      (await at.provider.nth(2)).respond(ACCEPTED);
      await at.settled(next, 'sms');
      expect(await balance(at)).toBe(1_000_000 - PRICE);
    });

    it('a message that was stopped before it left is refunded', async () => {
      const at = await rich();
      const id = await at.send(newRecipients('sms'));
      (await at.provider.nth(1)).respond(RETRY);
      await eventually(async () => (await at.delivery(id, 'sms')).lease === undefined);
      await at.call('otp.v1.OtpService/CancelSession', { sessionId: id });
      await comesTo(at, 1_000_000);
    });

    it.each([REFUSED, RETRY])(
      'a message replaced while a provider has it is refunded when that delivery attempt fails: %j',
      async (outcome) => {
        const at = await rich();
        const id = await at.send(newRecipients('sms'));
        const { respond } = await at.provider.nth(1);
        await at.call('otp.v1.OtpService/CancelSession', { sessionId: id });
        expect(await balance(at)).toBe(1_000_000 - PRICE);
        respond(outcome);
        await comesTo(at, 1_000_000);
      },
    );

    it('a message replaced while a provider has it is paid for when it was sent after all', async () => {
      const at = await rich();
      const id = await at.send(newRecipients('sms'));
      const { respond } = await at.provider.nth(1);
      await at.call('otp.v1.OtpService/CancelSession', { sessionId: id });
      respond(ACCEPTED);
      const next = await at.send(newRecipients('sms'));
      (await at.provider.nth(2)).respond(REFUSED);
      await at.settled(next, 'sms');
      await comesTo(at, 1_000_000 - PRICE);
    });
  });
});
