import { describe, expect, it } from 'vitest';
import { createIdempotency } from '../../../../server/otp/idempotency/claims.js';
import { type Engine, eachEngine } from '../../../support/engines.js';
import { ManualClock } from '../../../support/manualClock.js';
import { oneProcess } from '../../../support/oneProcess.js';

const KEYED = {
  workspace: 'acme',
  scope: 'acme.live/key/Send',
  requestId: 'request',
  request: 'request text',
  sessionId: 'session',
};
const fingerprints = {
  request: (_workspace: string, request: string) => request,
  isSameRequest: (_workspace: string, request: string, stored: string) => request === stored,
};

describe('a request id whose process has ended', () => {
  eachEngine((engine: Engine) => {
    async function start() {
      const documents = await engine.open();
      const clock = new ManualClock();
      const ended = new Set<string>();
      const inProcess = (id: string) =>
        createIdempotency({
          documents,
          processes: { ...oneProcess(id), hasEnded: async (other) => ended.has(other) },
          fingerprints,
          clock,
        });
      return { inProcess, ended };
    }

    it('is taken over at once, by one of the calls that repeat it', async () => {
      const { inProcess, ended } = await start();
      expect(await inProcess('first').claim(KEYED)).toMatchObject({ repeated: false });
      const repeats = await Promise.all(
        ['second', 'third'].map((id) => inProcess(id).claim({ ...KEYED, sessionId: 'another' })),
      );
      for (const repeat of repeats) {
        expect(repeat).toMatchObject({ repeated: true, sessionId: 'session' });
        await expect(repeat.takeOver()).rejects.toMatchObject({ reason: 'REQUEST_IN_PROGRESS' });
      }
      ended.add('first');
      const results = await Promise.allSettled(repeats.map((repeat) => repeat.takeOver()));
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      // It is another living process's now.
      const late = await inProcess('fourth').claim(KEYED);
      await expect(late.takeOver()).rejects.toMatchObject({ reason: 'REQUEST_IN_PROGRESS' });
    });
  });
});
