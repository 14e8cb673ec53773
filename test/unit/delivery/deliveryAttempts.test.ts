import { beforeEach, describe, expect, it } from 'vitest';
import { type Engine, eachEngine, type TestStore } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { createGate } from '../../support/gate.js';
import { newRecipients, passing, startDelivering } from './support/delivering.js';
import { ACCEPTED, REFUSED, RETRY } from './support/scripted.js';

eachEngine((engine: Engine) => {
  let store: TestStore;
  beforeEach(async () => {
    store = await engine.newStore();
  });

  describe('a message', () => {
    it('is attempted at once, and ends when a provider accepts it', async () => {
      const { provider, send, settled } = await startDelivering(store);
      const id = await send(newRecipients('email'));
      const { message, respond } = await provider.nth(1);
      expect(message).toMatchObject({ channel: 'email', sessionId: id, id: `default/${id}/email/1` });
      respond(ACCEPTED);
      // What was to be sent is erased with it.
      expect(await settled(id)).toEqual({
        n: 1,
        state: 'ACCEPTED',
        triesLeft: 4,
        provider: 'scripted',
        vendorId: 'v1',
      });
    });

    it('is attempted five times, after 2, 6, 18 and 54 seconds, a fifth more or less, and then fails', async () => {
      const { clock, provider, send, delivery, settled } = await startDelivering(store);
      provider.always(RETRY);
      const id = await send(newRecipients('email'));
      for (const [before, seconds] of [2, 6, 18, 54].entries()) {
        const { at } = await provider.nth(before + 1);
        const { dueAt } = await eventually(async () => {
          const current = await delivery(id);
          return current.lease === undefined && current.triesLeft === 4 - before && current;
        });
        const wait = dueAt!.getTime() - at;
        expect(wait).toBeGreaterThanOrEqual(seconds * 800);
        // The clock may have moved on a little between the attempt and its outcome.
        expect(wait).toBeLessThanOrEqual(seconds * 1200 + 200);
        await passing(clock, () => provider.attempts[before + 1]);
        expect(provider.attempts[before + 1]!.at).toBeGreaterThanOrEqual(dueAt!.getTime());
      }
      expect(await settled(id)).toEqual({
        n: 1,
        state: 'FAILED',
        triesLeft: 0,
        provider: 'scripted',
        error: 'OUT_OF_TRIES',
      });
      expect(new Set(provider.attempts.map(({ message }) => message.id)).size).toBe(1);
    });

    it.each([
      'WRONG_RECIPIENT',
      'RECIPIENT_UNAVAILABLE',
      'OPTED_OUT',
      'REFUSED',
      'TLS_FAILED',
      'QUOTA_EXCEEDED',
    ] as const)('that ends as %s says so', async (error) => {
      const { provider, send, settled } = await startDelivering(store);
      const id = await send(newRecipients('email'));
      (await provider.nth(1)).respond({ kind: 'failed', error });
      expect(await settled(id)).toMatchObject({ state: 'FAILED', error, triesLeft: 4 });
    });

    it('K4 keeps every delivery attempt, with what the vendor said', async () => {
      const { clock, provider, send, settled, stored } = await startDelivering(store);
      const id = await send(newRecipients('sms'));
      const vendor = { code: '21611', text: 'queue is full' };
      (await provider.nth(1)).respond({ kind: 'retry', error: 'RATE_LIMITED', vendor });
      await passing(clock, () => provider.attempts[1]);
      provider.attempts[1]!.respond(ACCEPTED);
      await settled(id, 'sms');
      const { attempts } = await stored(id);
      expect(attempts).toEqual([
        {
          channel: 'sms',
          n: 1,
          provider: 'scripted',
          at: expect.any(Date),
          ms: expect.any(Number),
          outcome: 'retry',
          error: 'RATE_LIMITED',
          vendorCode: '21611',
          vendorText: 'queue is full',
        },
        {
          channel: 'sms',
          n: 1,
          provider: 'scripted',
          at: expect.any(Date),
          ms: expect.any(Number),
          outcome: 'accepted',
          vendorId: 'v1',
        },
      ]);
    });

    it('waits as long as the provider asks', async () => {
      const { clock, provider, send, delivery } = await startDelivering(store);
      const id = await send(newRecipients('email'));
      (await provider.nth(1)).respond({ ...RETRY, retryAfterMs: 45_000 });
      const { dueAt } = await eventually(async () => {
        const current = await delivery(id);
        return current.lease === undefined && current;
      });
      expect(dueAt!.getTime() - clock.now()).toBe(45_000);
    });

    it('is given up at once when another attempt is pointless', async () => {
      const { clock, provider, send, settled } = await startDelivering(store);
      for (const error of ['WRONG_RECIPIENT', 'REFUSED', 'MISCONFIGURED'] as const) {
        provider.always({ kind: 'failed', error });
        const id = await send(newRecipients('email'));
        expect(await settled(id)).toMatchObject({ state: 'FAILED', error });
      }
      clock.advance(120_000);
      expect(provider.attempts).toHaveLength(3);
    });

    it('whose provider throws is attempted again', async () => {
      const { provider, send, delivery } = await startDelivering(store);
      const id = await send(newRecipients('email'));
      (await provider.nth(1)).respond(Promise.reject(new Error('a fault')) as never);
      await eventually(async () => (await delivery(id)).lease === undefined);
      expect(await delivery(id)).toMatchObject({ state: 'QUEUED', triesLeft: 4 });
    });

    it('of one channel is delivered regardless of another', async () => {
      const { provider, send, settled } = await startDelivering(store);
      const id = await send(newRecipients('email', 'sms'));
      await provider.nth(2);
      for (const { message, respond } of provider.attempts)
        respond(message.channel === 'sms' ? ACCEPTED : REFUSED);
      expect(await settled(id, 'email')).toMatchObject({ state: 'FAILED', error: 'REFUSED' });
      expect(await settled(id, 'sms')).toMatchObject({ state: 'ACCEPTED' });
    });
  });

  describe('a code that has expired', () => {
    it('is not sent any more: the message that waits for it is given up', async () => {
      const { clock, provider, send, settled } = await startDelivering(store);
      const id = await send(newRecipients('email'));
      // A provider that asks for more time than there is: there is no point in waiting.
      (await provider.nth(1)).respond({ ...RETRY, retryAfterMs: 300_000 });
      expect(await settled(id)).toMatchObject({ state: 'FAILED', error: 'EXPIRED' });
      clock.advance(600_000);
      expect(provider.attempts).toHaveLength(1);
    });

    it('is not sent by a process that claims it late', async () => {
      const gate = createGate();
      const dead = await startDelivering(store, { around: gate.around });
      const { clock } = dead;
      const id = await dead.send(newRecipients('email'));
      await dead.provider.nth(1);
      void gate.hold();
      clock.advance(300_000);
      const late = await startDelivering(store, { clock });
      expect(await late.settled(id)).toMatchObject({ state: 'FAILED', error: 'EXPIRED' });
      expect(late.provider.attempts).toEqual([]);
      gate.release();
    });

    it('ends the delivery attempt under way', async () => {
      const { clock, provider, send, settled } = await startDelivering(store, { timeoutMs: 600_000 });
      const id = await send(newRecipients('email'));
      const { signal } = await provider.nth(1);
      clock.advance(299_999);
      expect(signal.aborted).toBe(false);
      clock.advance(1);
      expect(signal.aborted).toBe(true);
      expect(await settled(id)).toMatchObject({ state: 'FAILED', error: 'EXPIRED' });
    });
  });

  describe('a provider that does not respond', () => {
    it('is abandoned at its time limit, and the message attempted again', async () => {
      const { clock, provider, send, delivery, settled } = await startDelivering(store);
      const id = await send(newRecipients('email'));
      const { signal, respond } = await provider.nth(1);
      clock.advance(19_999);
      expect(signal.aborted).toBe(false);
      clock.advance(1);
      expect(signal.aborted).toBe(true);
      await eventually(async () => (await delivery(id)).lease === undefined);
      respond(REFUSED);
      (await passing(clock, () => provider.attempts[1])).respond(ACCEPTED);
      expect(await settled(id)).toMatchObject({ state: 'ACCEPTED', triesLeft: 3 });
    });
  });

  describe('a process that dies', () => {
    it('during a delivery attempt leaves the message to another one, when its lease has expired', async () => {
      const gate = createGate();
      const dead = await startDelivering(store, { around: gate.around });
      const { clock } = dead;
      const id = await dead.send(newRecipients('email'));
      const first = await dead.provider.nth(1);
      void gate.hold();
      const alive = await startDelivering(store, { clock });
      const second = await passing(clock, () => alive.provider.attempts[0]);
      // 20 seconds for the provider, and 10 to record what it said.
      expect(second.at - first.at).toBeGreaterThanOrEqual(30_000);
      expect(second.message.id).toBe(first.message.id);
      second.respond(ACCEPTED);
      const done = await alive.settled(id);
      expect(done).toMatchObject({ state: 'ACCEPTED', triesLeft: 3 });
      // The dead come back, and have nothing to say about it any more.
      gate.release();
      first.respond(REFUSED);
      const next = await dead.send(newRecipients('email'));
      const either = () => [...dead.provider.attempts, ...alive.provider.attempts];
      const third = () => either().find(({ message }) => message.sessionId === next);
      (await passing(clock, third)).respond(ACCEPTED);
      await dead.settled(next);
      expect(await alive.delivery(id)).toEqual(done);
    });

    it('five times over the same message leaves it given up: it may have gone out five times', async () => {
      const alive = await startDelivering(store);
      const { clock, provider } = alive;
      const id = await alive.send(newRecipients('email'));
      const sessions = alive.service.documents.collection('sessions');
      await provider.nth(1);
      // As after five claims whose processes died: the lease of the last one runs.
      const $set = {
        'channels.email.delivery.triesLeft': 0,
        'channels.email.delivery.lease.id': 'of the dead',
      };
      await sessions.findOneAndUpdate({ _id: `default/${id}` }, { $set, $inc: { rev: 1 } });
      provider.always(ACCEPTED);
      const { state, error } = await eventually(async () => {
        clock.advance(100);
        const current = await alive.delivery(id);
        return current.state !== 'QUEUED' && current;
      });
      expect({ state, error }).toEqual({ state: 'FAILED', error: 'OUT_OF_TRIES' });
      expect(provider.attempts).toHaveLength(1);
    });
  });
});
