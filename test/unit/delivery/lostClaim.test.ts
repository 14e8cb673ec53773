import { describe, expect, it } from 'vitest';
import { eachEngine } from '../../support/engines.js';
import { loseResponse, MADE } from '../../support/loseResponse.js';
import { newRecipients, passing, startDelivering } from './support/delivering.js';
import { ACCEPTED, RETRY } from './support/scripted.js';

eachEngine((engine) => {
  describe('a message whose claim got no response from the store', () => {
    it.each(MADE)('does not wait for its lease, and is sent once: the claim is stored %s', async (made) => {
      const store = await engine.newStore();
      // The second: the first is made by the insert of the session, and its outcome is the change of revision 0.
      const losing = loseResponse(made, { collection: 'sessions', isMeant: ({ rev }) => rev === 1 });
      const { clock, provider, send, settled } = await startDelivering(store, { around: losing.around });
      const id = await send(newRecipients('email'));
      (await provider.nth(1)).respond(RETRY);
      provider.always(ACCEPTED);
      await passing(clock, losing.begun);
      await losing.lost;
      const lostAt = clock.now();
      clock.advance(500);
      const { at } = await provider.nth(2);
      expect(at - lostAt).toBe(500);
      expect(await settled(id)).toMatchObject({ state: 'ACCEPTED', triesLeft: 3 });
      expect(provider.attempts).toHaveLength(2);
    });
  });
});
