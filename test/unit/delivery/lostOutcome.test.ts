import { describe, expect, it } from 'vitest';
import { eachEngine } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { loseResponse, MADE } from '../../support/loseResponse.js';
import { newRecipients, startDelivering } from './support/delivering.js';
import { REFUSED } from './support/scripted.js';

eachEngine((engine) => {
  describe('an outcome that got no response from the store', () => {
    it.each(MADE)('is recorded once, and its process knows that it is: it is stored %s', async (made) => {
      const store = await engine.newStore();
      // The first change of a session is the outcome of its first attempt: the claim is part of its insert.
      const losing = loseResponse(made, { collection: 'sessions', isMeant: ({ rev }) => rev === 0 });
      const { around } = losing;
      const { clock, provider, send, settled, stored, service } = await startDelivering(store, { around });
      const id = await send(newRecipients('email'));
      (await provider.nth(1)).respond(REFUSED);
      await losing.lost;
      expect(service.logged()).not.toContain('"msg":"delivery"');
      clock.advance(500);
      await eventually(() => service.logged().includes('"msg":"delivery"'));
      expect(await settled(id)).toMatchObject({ state: 'FAILED', triesLeft: 4 });
      expect((await stored(id)).attempts).toHaveLength(1);
      expect(await stored(id)).toMatchObject({ rev: 1, attempted: 1 });
      expect(provider.attempts).toHaveLength(1);
    });
  });
});
