import { describe, expect, it } from 'vitest';
import { Failure } from '../../../server/errors.js';
import { eachEngine } from '../../support/engines.js';
import type { Around } from '../../support/wrapOperations.js';
import { newRecipients, passing, startDelivering } from './support/delivering.js';
import { ACCEPTED } from './support/scripted.js';

/** A Send's insert commits the lease of its message too. */
eachEngine((engine) => {
  describe('a message that can be sent at once', () => {
    it('is leased by the insert of its session: one update follows, with the outcome', async () => {
      const asked: string[] = [];
      const around: Around = (operation, { collection, filter }) => {
        if (collection === 'sessions' && (!filter || '_id' in filter))
          asked.push(filter ? 'by id' : 'insert');
        return operation();
      };
      const { send, provider, settled } = await startDelivering(await engine.newStore(), { around });
      await send(newRecipients('email'));
      expect(asked).toEqual(['insert']);
      // Leased already: nothing claims it.
      const id = await send(newRecipients('email'));
      const [, attempt] = [await provider.nth(1), await provider.nth(2)];
      asked.length = 0;
      attempt.respond(ACCEPTED);
      expect(await settled(id)).toMatchObject({ state: 'ACCEPTED', triesLeft: 4, vendorId: 'v1' });
      // The helper reads the session until the outcome is there.
      expect(asked[0]).toBe('by id');
      expect(provider.attempts).toHaveLength(2);
    });
  });

  describe('an insert whose response is lost', () => {
    it('leaves a message that is sent soon, without a delivery attempt being lost', async () => {
      let lose = false;
      const around: Around = async (operation, { collection, filter }) => {
        const result = await operation();
        if (!lose || collection !== 'sessions' || filter) return result;
        lose = false;
        throw new Failure('STORE_UNAVAILABLE');
      };
      const { call, clock, provider } = await startDelivering(await engine.newStore(), { around });
      provider.always(ACCEPTED);
      lose = true;
      const reply = await call('otp.v1.OtpService/Send', { recipients: newRecipients('email') });
      expect(reply.status).toBe(503);
      const sentAt = clock.now();
      await passing(clock, () => provider.attempts[0]);
      // The lease would have ended after thirty.
      expect(clock.now() - sentAt).toBeLessThan(10_000);
      expect(provider.attempts).toHaveLength(1);
    });
  });
});
