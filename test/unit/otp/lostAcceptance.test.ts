import { describe, expect, it } from 'vitest';
import { eachEngine } from '../../support/engines.js';
import { loseResponse, MADE } from '../../support/loseResponse.js';
import { wrapOperations } from '../../support/wrapOperations.js';
import { createUseCases, newRecipients, reasonOf, tally } from './support/useCases.js';

const WORKSPACE = 'acme';

eachEngine(({ open }) => {
  describe('a right code whose acceptance got no response from the store', () => {
    it.each(MADE)('is accepted once all the same, and proves it: stored %s', async (made) => {
      const isAcceptance = (filter: object) => Object.keys(filter).some((path) => path.endsWith('.codeHash'));
      const { around } = loseResponse(made, { collection: 'sessions', isMeant: isAcceptance });
      const documents = wrapOperations(await open(), around);
      const service = createUseCases(documents);
      const caller = service.as({ workspace: WORKSPACE });
      const { session } = await caller.send({ recipients: newRecipients('sms') });
      const { sms: code } = await service.codes(WORKSPACE, session!.id);
      const verify = () => caller.verify({ sessionId: session!.id, code });
      const { verificationToken } = await verify();
      expect(verificationToken).toMatch(/^otvt_/);
      const repeats = await Promise.all([verify, verify, verify].map((again) => reasonOf(again())));
      expect(tally(repeats)).toEqual({ ALREADY_VERIFIED: 3 });
    });
  });
});
