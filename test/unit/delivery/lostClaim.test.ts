import { describe, expect, it } from 'vitest';
import { eachEngine } from '../../support/engines.js';
import { loseResponse, MADE } from '../../support/loseResponse.js';
import { newRecipients, passing, startDelivering } from './support/delivering.js';
import { ACCEPTED } from './support/scripted.js';

eachEngine((engine) => {
  describe('a message whose claim got no response from the store', () => {
    it.each(MADE)('does not wait for its lease, and is sent once: the claim is stored %s', async (made) => {
      const store = await engine.newStore();
      const { clock, provider, send, settled } = await startDelivering(store, {
        // Of a new session: nothing else changes it.
        around: loseResponse(made, ({ rev }) => rev === 0),
      });
      provider.always(ACCEPTED);
      const startedAt = clock.now();
      const id = await send(newRecipients('email'));
      const { at } = await passing(clock, () => provider.attempts[0]);
      expect(at - startedAt).toBeLessThan(10_000);
      expect(await settled(id)).toMatchObject({ state: 'ACCEPTED', triesLeft: 4 });
      clock.advance(60_000);
      expect(provider.attempts).toHaveLength(1);
    });
  });
});
