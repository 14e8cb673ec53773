import { beforeEach, describe, expect, it } from 'vitest';
import { eachEngine, type TestStore } from '../../support/engines.js';
import { createGate } from '../../support/gate.js';
import { newRecipients, passing, startDelivering } from './support/delivering.js';
import {
  attemptOf,
  comes,
  dueAt,
  nothingElse,
  resend,
  SMS_LATER,
  shown,
  step,
  verify,
} from './support/fallback.js';
import { ACCEPTED, REFUSED, RETRY } from './support/scripted.js';

eachEngine((engine) => {
  let store: TestStore;
  beforeEach(async () => {
    store = await engine.newStore();
  });

  describe('a channel that waits', () => {
    it('is sent to exactly when its wait has ended and no code was entered, and its code works', async () => {
      const at = await startDelivering(store);
      const begun = at.clock.now();
      const id = await at.send(newRecipients('email', 'sms'), SMS_LATER);
      (await attemptOf(at, 'email')).respond(ACCEPTED);
      await at.settled(id, 'email');
      const due = new Date(begun + 40_000).toISOString();
      expect(await shown(at, id, 'sms')).toEqual({
        deliveryState: 'DELIVERY_STATE_WAITING',
        dueAt: due.replace('.000', ''),
      });
      at.clock.advance(39_999);
      await nothingElse(at, 1);
      at.provider.always(undefined);
      const { message, respond, at: sentAt } = await comes(at, 'sms');
      expect(message.sessionId).toBe(id);
      expect(sentAt).toBeGreaterThanOrEqual(begun + 40_000);
      expect(await shown(at, id, 'sms')).toEqual({ deliveryState: 'DELIVERY_STATE_QUEUED' });
      respond(ACCEPTED);
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
      (await attemptOf(at, 'email')).respond(REFUSED);
      const { at: sentAt, respond } = await attemptOf(at, 'sms');
      expect(sentAt).toBe(at.clock.now());
      respond(ACCEPTED);
      expect(await at.settled(id, 'sms')).toMatchObject({ state: 'ACCEPTED' });
      expect(await at.settled(id, 'email')).toMatchObject({ state: 'FAILED', error: 'REFUSED' });
    });

    it('keeps waiting while the message before it is attempted again', async () => {
      const at = await startDelivering(store);
      const id = await at.send(newRecipients('email', 'sms'), SMS_LATER);
      (await attemptOf(at, 'email')).respond(RETRY);
      (await passing(at.clock, () => at.provider.attempts[1])).respond(ACCEPTED);
      await at.settled(id, 'email');
      expect(await shown(at, id, 'sms')).toMatchObject({ deliveryState: 'DELIVERY_STATE_WAITING' });
      expect(at.provider.attempts.map(({ message }) => message.channel)).toEqual(['email', 'email']);
    });

    it('waits for all channels without a step, and the next one for it', async () => {
      const at = await startDelivering(store);
      const begun = at.clock.now();
      const id = await at.send(newRecipients('email', 'sms', 'whatsapp'), {
        fallback: [step('whatsapp', 30), step('email', 50)],
      });
      (await attemptOf(at, 'sms')).respond(ACCEPTED);
      await at.settled(id, 'sms');
      expect(await dueAt(at, id, 'email')).toBe(begun + 80_000);
      const whatsapp = await comes(at, 'whatsapp');
      expect(whatsapp.at).toBeGreaterThanOrEqual(begun + 30_000);
      const now = at.clock.now();
      whatsapp.respond(REFUSED);
      expect((await attemptOf(at, 'email')).at).toBe(now);
    });

    it('that is used early gives the next one its whole wait', async () => {
      const at = await startDelivering(store);
      const id = await at.send(newRecipients('email', 'sms', 'whatsapp'), {
        fallback: [step('sms', 40), step('whatsapp', 50)],
      });
      at.clock.advance(7_000);
      (await attemptOf(at, 'email')).respond(REFUSED);
      (await attemptOf(at, 'sms')).respond(ACCEPTED);
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
      // Some clock may pass between the end of its wait and its attempt, but not the forty seconds.
      expect(Number(seconds)).toBeLessThan(20);
    });

    it('is sent to by another process when its own has died', async () => {
      const gate = createGate();
      const dead = await startDelivering(store, { around: gate.around });
      const { clock } = dead;
      const begun = clock.now();
      const id = await dead.send(newRecipients('email', 'sms'), SMS_LATER);
      (await attemptOf(dead, 'email')).respond(ACCEPTED);
      await dead.settled(id, 'email');
      void gate.hold();
      const alive = await startDelivering(store, { clock });
      const { message, at, respond } = await passing(clock, () => alive.provider.attempts[0]);
      expect({ id: message.sessionId, channel: message.channel }).toEqual({ id, channel: 'sms' });
      expect(at).toBeGreaterThanOrEqual(begun + 40_000);
      respond(ACCEPTED);
      expect(await alive.settled(id, 'sms')).toMatchObject({ state: 'ACCEPTED', triesLeft: 4 });
      gate.release();
      expect(dead.provider.attempts).toHaveLength(1);
    });

    it('is not sent to when no process was running at its time', async () => {
      const gate = createGate();
      const dead = await startDelivering(store, { around: gate.around });
      const { clock } = dead;
      const id = await dead.send(newRecipients('email', 'sms'), SMS_LATER);
      (await attemptOf(dead, 'email')).respond(ACCEPTED);
      await dead.settled(id, 'email');
      void gate.hold();
      clock.advance(300_000);
      const late = await startDelivering(store, { clock });
      expect(await late.settled(id, 'sms')).toMatchObject({ state: 'FAILED', error: 'EXPIRED' });
      expect(late.provider.attempts).toEqual([]);
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
      await attemptOf(at, 'email', 2);
      expect(await at.delivery(id, 'sms')).toMatchObject({ n: 1, dueAt: new Date(resent + 40_000) });
      at.clock.advance(39_999);
      await nothingElse(at, 2);
      const { message, at: sentAt } = await comes(at, 'sms');
      expect(sentAt).toBeGreaterThanOrEqual(resent + 40_000);
      // The first lifetime has ended by now; the code lives as long as the session.
      at.clock.advance(resent + 299_999 - at.clock.now());
      const { body } = await verify(at, id, 'sms', message.code);
      expect(body.session.status).toBe('SESSION_STATUS_APPROVED');
    });

    it('that names it is sent to it at once, with a new code', async () => {
      const { at, id } = await opened();
      const resent = at.clock.now();
      expect((await resend(at, id, 'sms')).status).toBe(200);
      const { message, at: sentAt } = await attemptOf(at, 'sms');
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
      await attemptOf(at, 'sms');
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
      // A session ends three lifetimes after it was created, even with resends.
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
});
