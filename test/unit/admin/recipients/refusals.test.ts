import { describe, expect, it } from 'vitest';
import { createRefusals, OTHERS, RECIPIENTS_EACH } from '../../../../server/admin/refusals/refusals.js';
import { refusalCountsOf } from '../../../../server/admin/refusals/stored.js';
import { createLog } from '../../../../server/observe/log.js';
import { eachEngine } from '../../../support/engines.js';
import { ManualClock } from '../../../support/manualClock.js';
import { wrapOperations } from '../../../support/wrapOperations.js';

const HOUR = 3_600_000;

eachEngine((engine) => {
  async function start() {
    const clock = new ManualClock();
    const documents = await engine.open();
    let writes = 0;
    let isDown = false;
    const counted = wrapOperations(documents, (operation) => {
      writes++;
      return isDown ? Promise.reject(new Error('down')) : operation();
    });
    const refusals = createRefusals({
      documents: counted,
      process: 'p',
      counted: () => {},
      clock,
      log: createLog('silent'),
    });
    return {
      clock,
      refusals,
      writes: () => writes,
      down: (is: boolean) => {
        isDown = is;
      },
      refuse: (recipient: string, reason = 'RATE_LIMITED', client = 'key') =>
        refusals.add(
          [
            {
              partition: 'acme.live',
              client,
              recipient,
              masked: '+57***',
              channel: 'sms',
              reason,
              rule: 'ip-sends',
            },
          ],
          'login',
        ),
      rows: async () => {
        const found = await refusalCountsOf(documents).find({}).toArray();
        return found.flatMap(({ hour, client, rows }) =>
          Object.values(rows).map((row) => ({ hour: hour.getTime(), client, ...row })),
        );
      },
    };
  }

  describe('10,000 refusals in ten seconds', () => {
    it.each([
      ['to one recipient', () => 'one'],
      ['to 10,000 recipients', (i: number) => `recipient-${i}`],
    ])('%s cost one write command a second, and the counts are exact', async (_to, recipientOf) => {
      const { clock, refusals, writes, refuse, rows } = await start();
      for (let second = 0; second < 10; second++) {
        for (let i = 0; i < 1_000; i++) refuse(recipientOf(second * 1_000 + i));
        clock.advance(1_000);
        await refusals.flush();
      }
      expect(writes()).toBeLessThanOrEqual(11);
      const found = await rows();
      expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(10_000);
      expect(found.length).toBeLessThanOrEqual(RECIPIENTS_EACH + 1);
      if (recipientOf(0) === 'one') expect(found).toMatchObject([{ recipient: 'one', count: 10_000 }]);
      else {
        expect(found.filter(({ masked }) => masked === OTHERS)).toMatchObject([
          { recipient: '', count: 10_000 - RECIPIENTS_EACH },
        ]);
        expect(found.filter(({ recipient }) => recipient).every(({ count }) => count === 1)).toBe(true);
      }
    });
  });

  it('counts each hour, key and reason by itself', async () => {
    const { clock, refusals, refuse, rows } = await start();
    refuse('a');
    refuse('a', 'SEND_REFUSED');
    refuse('a', 'RATE_LIMITED', 'other');
    clock.advance(HOUR);
    refuse('a');
    await refusals.flush();
    const found = await rows();
    expect(found.map(({ client, reason, count }) => `${client} ${reason} ${count}`).sort()).toEqual([
      'key RATE_LIMITED 1',
      'key RATE_LIMITED 1',
      'key SEND_REFUSED 1',
      'other RATE_LIMITED 1',
    ]);
    expect(new Set(found.map(({ hour }) => hour)).size).toBe(2);
  });

  it('keeps what cannot be written and writes it later, once', async () => {
    const { refusals, refuse, down, rows } = await start();
    refuse('a');
    down(true);
    await refusals.flush();
    refuse('a');
    down(false);
    await refusals.flush();
    expect(await rows()).toMatchObject([{ recipient: 'a', count: 2 }]);
  });
});
