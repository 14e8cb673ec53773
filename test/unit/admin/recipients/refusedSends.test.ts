import { describe, expect, it } from 'vitest';
import { addUp } from '../../../../server/admin/refusals/list.js';
import { createRefusals, OTHERS, RECIPIENTS_EACH } from '../../../../server/admin/refusals/refusals.js';
import { refusalCountsOf } from '../../../../server/admin/refusals/stored.js';
import { createLog } from '../../../../server/observe/log.js';
import { eachEngine } from '../../../support/engines.js';
import { ManualClock } from '../../../support/manualClock.js';
import { wrapOperations } from '../../../support/wrapOperations.js';
import { testGuard } from '../../guard/support/testGuard.js';
import { createUseCases, reasonOf } from '../../otp/support/useCases.js';

const SECONDS = 10;

eachEngine((engine) => {
  /** On MongoDB each Send that reaches the store takes a round trip, so there are fewer. */
  const aSecond = engine.name === 'embedded' ? 1_000 : 150;
  const sends = SECONDS * aSecond;
  const each = Math.min(RECIPIENTS_EACH, sends);

  /** A service, and what its refused Sends write. */
  async function start(countryBlock: readonly string[]) {
    const clock = new ManualClock();
    const documents = await engine.open();
    const writes: string[] = [];
    const counted = wrapOperations(documents, async (operation, { collection, name }) => {
      const result = await operation();
      // An update whose filter matches nothing changes nothing: that is how a limit refuses.
      const isWrite = name === 'insertOne' || (name === 'findOneAndUpdate' && result !== null);
      if (isWrite) writes.push(collection);
      return result;
    });
    const log = createLog('silent');
    const refusals = createRefusals({ documents: counted, process: 'p', counted: () => {}, clock, log });
    const { guard } = testGuard({ documents: counted, clock, rules: { countryBlock } });
    const service = createUseCases(counted, { clock, guard, refusals });
    return {
      clock,
      refusals,
      writes,
      as: (client: string) => service.as({ workspace: 'acme', client }),
      rows: async (client?: string) => {
        const found = await refusalCountsOf(documents).find({}).toArray();
        return addUp(found.filter((one) => client === undefined || one.client === client));
      },
    };
  }

  const number = (i: number) => `+57300${String(1_000_000 + i)}`;

  describe(`${sends} refused Sends in ten seconds`, () => {
    it.each([
      ['to one recipient', () => 0],
      ['to as many recipients', (i: number) => i],
    ])(
      '%s cost one write command a second and key, and counts are exact',
      async (_to, recipient) => {
        const { clock, refusals, writes, as, rows } = await start(['CO']);
        for (let second = 0; second < SECONDS; second++) {
          for (let i = 0; i < aSecond; i++) {
            const n = second * aSecond + i;
            const sending = as(n % 2 ? 'odd' : 'even').send({ recipients: { sms: number(recipient(n)) } });
            expect(await reasonOf(sending)).toBe('SEND_REFUSED');
          }
          const before = writes.length;
          clock.advance(1_000);
          await refusals.flush();
          expect(writes.slice(before).length).toBeLessThanOrEqual(2);
        }
        // Nothing is written but the counts: two keys, ten seconds.
        expect(new Set(writes)).toEqual(new Set(['refusalCounts']));
        expect(writes.length).toBeLessThanOrEqual(2 * SECONDS);

        const found = await rows();
        for (const client of ['even', 'odd']) {
          const own = await rows(client);
          expect(own.reduce((sum, { count }) => sum + count, 0)).toBe(sends / 2);
          if (recipient(1) === 0) continue;
          const others = own.filter(({ masked }) => masked === OTHERS);
          const beyond = Math.max(0, sends / 2 - each);
          expect(others.map(({ count }) => count)).toEqual(beyond > 0 ? [beyond] : []);
          expect(own.filter(({ masked }) => masked !== OTHERS).every(({ count }) => count === 1)).toBe(true);
        }
        expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(sends);
        expect(new Set(found.map(({ reason, rule }) => `${reason} ${rule}`))).toEqual(
          new Set(['SEND_REFUSED country-blocked']),
        );
      },
      120_000,
    );

    it('are counted by reason and rule where limits refuse them, and limits write nothing for them', async () => {
      const { clock, refusals, writes, as, rows } = await start([]);
      const send = () => as('key').send({ recipients: { sms: number(0) } });
      let sent = 0;
      while ((await reasonOf(send())) === 'OK') sent++;
      expect(sent).toBeGreaterThan(0);
      await refusals.flush();
      writes.length = 0;
      for (let i = 1; i < aSecond; i++) expect(await reasonOf(send())).toBe('RATE_LIMITED');
      clock.advance(1_000);
      await refusals.flush();
      expect(writes).toEqual(['refusalCounts']);
      const found = await rows();
      expect(found).toMatchObject([{ reason: 'RATE_LIMITED', count: aSecond, client: 'key' }]);
      expect(found[0]!.rule).not.toBe('');
    }, 60_000);
  });
});
