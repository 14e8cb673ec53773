import { beforeAll, describe, expect, it } from 'vitest';
import type { Documents } from '../../../server/store/documents.js';
import { eachEngine } from '../../support/engines.js';
import { ManualClock } from '../../support/manualClock.js';
import { testGuard } from './support/testGuard.js';

const HOUR_SECONDS = 3600;
const RATE = { minSends: 50, minPercent: 5, windowSeconds: HOUR_SECONDS };
/** Keyed digests begin with any byte: these are of different groups. */
const source = (n: number) => Buffer.from([n, 7, 7]).toString('base64url');

eachEngine(({ open }) => {
  const clock = new ManualClock();
  let documents: Documents;
  let prefixes = 0;
  beforeAll(async () => {
    documents = await open();
  });

  function newPrefix({ veto = false } = {}) {
    const prefix = `prefix-${prefixes++}`;
    const phone = { channel: 'sms', masked: '', recipient: 'someone', prefix, country: 'CO' } as const;
    const known = new Set(['old friend']);
    const backend = { url: 'https://veto.example', secret: '', timeoutMs: 1, failOpen: true };
    const { guard, enter } = testGuard({
      documents,
      clock,
      known,
      rules: { approvalRate: RATE, ...(veto && { veto: backend as never }) },
    });
    const send = async (from: string | undefined, budget = 'new person') =>
      (await enter([phone], { source: from, budgets: new Map([[prefix, [budget]]]) })).passed;
    const approve = (from: string | undefined) =>
      guard.approved({ workspace: 'acme', mode: 'live', prefix, sentAt: clock.now(), source: from });
    const flood = async (times: number, sources: number) => {
      let passed = 0;
      for (let n = 0; n < times; n++) if (await send(source(n % sources))) passed++;
      return passed;
    };
    return { send, approve, flood };
  }

  describe('the approval rate of a prefix', () => {
    it('refuses three sources themselves after ten messages each, and no one else', async () => {
      const { send, flood } = newPrefix();
      expect(await flood(49, 3)).toBe(30);
      let passed = 0;
      for (let n = 0; n < 12; n++) if (await send(source(100 + n))) passed++;
      expect(passed).toBe(12);
      expect(await send(source(0))).toBe(false);
    });

    it('refuses the prefix once many sources have no approval, but lets ten pass in a window', async () => {
      const { send, flood } = newPrefix();
      expect(await flood(50, 5)).toBe(50);
      let passed = 0;
      for (let n = 0; n < 15; n++) if (await send(source(9))) passed++;
      expect(passed).toBe(10);
    });

    it('refuses no one who was verified before', async () => {
      const { send, flood } = newPrefix();
      await flood(50, 5);
      for (let n = 0; n < 15; n++) await send(source(9));
      expect(await send(source(9))).toBe(false);
      expect(await send(source(9), 'old friend')).toBe(true);
      expect(await send(source(0), 'old friend')).toBe(true);
    });

    it('is lifted by the approvals of real people', async () => {
      const { send, approve, flood } = newPrefix();
      await flood(50, 5);
      for (let n = 0; n < 3; n++) {
        expect(await send(source(9))).toBe(true);
        await approve(source(9));
      }
      for (let n = 0; n < 8; n++) expect(await send(source(10))).toBe(true);
    });

    it('counts each Send without a source as a group of its own', async () => {
      const { send } = newPrefix();
      let passed = 0;
      for (let n = 0; n < 70; n++) if (await send(undefined)) passed++;
      expect(passed).toBe(60);
    });

    it('leaves the decision to the veto where there is one', async () => {
      const { flood } = newPrefix({ veto: true });
      expect(await flood(70, 5)).toBe(70);
    });
  });
});
