import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemRandom } from '../../../../server/platform/random.js';
import type { Documents } from '../../../../server/store/documents.js';
import { createHeartbeats } from '../../../../server/store/processes/heartbeats.js';
import { type Engine, eachEngine } from '../../../support/engines.js';
import { eventually } from '../../../support/eventually.js';
import { ManualClock } from '../../../support/manualClock.js';
import { wrapOperations } from '../../../support/wrapOperations.js';

const log = pino({ level: 'silent' });

describe('the processes of a store', () => {
  eachEngine((engine: Engine) => {
    let documents: Documents;
    let takenOver: string[];
    beforeEach(async () => {
      documents = await engine.open();
      takenOver = [];
    });

    /** A process with a clock of its own, whose store can be out of reach. */
    async function start() {
      const clock = new ManualClock(Math.floor(Math.random() * 1e12));
      let away = false;
      let operations = 0;
      const reached = wrapOperations(documents, (operation) => {
        if (away) return Promise.reject(new Error('the store is away'));
        operations++;
        return operation().finally(() => operations--);
      });
      const processes = await createHeartbeats({
        documents: reached,
        clock,
        monotonic: () => clock.now(),
        random: systemRandom,
        log,
      });
      await processes.start(async (id) => void takenOver.push(id));
      return {
        processes,
        /** Seconds pass for this process alone. */
        async pass(seconds: number) {
          for (let second = 0; second < seconds; second++) {
            clock.advance(1_000);
            // Both timers are set again once what they began has ended.
            await eventually(() => operations === 0 && clock.pending === 2);
          }
        },
        reach: (within: boolean) => {
          away = !within;
        },
      };
    }

    it('take no process for ended whose counter rises, even where the clocks differ', async () => {
      const [first, second] = [await start(), await start()];
      for (let round = 0; round < 10; round++) {
        await first.pass(3);
        await second.pass(3);
      }
      expect(takenOver).toEqual([]);
      expect(await first.processes.hasEnded(second.processes.id)).toBe(false);
    });

    it('take over from one whose counter stands still for 10 seconds, and once more for a claim that reached the store late', async () => {
      const [first, second] = [await start(), await start()];
      await first.pass(10);
      expect(takenOver).toEqual([]);
      await first.pass(3);
      expect(takenOver).toEqual([second.processes.id]);
      expect(await first.processes.hasEnded(second.processes.id)).toBe(true);
      await first.pass(2);
      expect(takenOver).toHaveLength(1);
      await first.pass(4);
      expect(takenOver).toEqual([second.processes.id, second.processes.id]);
      await first.pass(20);
      expect(takenOver).toHaveLength(2);
    });

    it('take over only once from one that was paused and goes on', async () => {
      const [first, second] = [await start(), await start()];
      await first.pass(13);
      expect(takenOver).toHaveLength(1);
      await second.pass(3);
      await first.pass(8);
      expect(takenOver).toHaveLength(1);
    });

    it('take no process for ended because the store was away from all of them', async () => {
      const [first, second] = [await start(), await start()];
      await first.pass(3);
      for (const process of [first, second]) process.reach(false);
      for (const process of [first, second]) await process.pass(15);
      for (const process of [first, second]) process.reach(true);
      await first.pass(4);
      await second.pass(3);
      await first.pass(8);
      expect(takenOver).toEqual([]);
    });

    it('begin nothing while they cannot raise their counter, and are alive again when they can', async () => {
      const [first, second] = [await start(), await start()];
      second.reach(false);
      await second.pass(4);
      expect(second.processes.mayBegin()).toBe(true);
      await second.pass(2);
      expect(second.processes.mayBegin()).toBe(false);
      await first.pass(13);
      expect(takenOver).toEqual([second.processes.id]);
      second.reach(true);
      await second.pass(3);
      expect(second.processes.mayBegin()).toBe(true);
      expect(await first.processes.hasEnded(second.processes.id)).toBe(false);
    });

    it('leave nothing behind when they stop', async () => {
      const one = await start();
      await one.processes.stop();
      expect(await documents.collection('processes').find({}).toArray()).toEqual([]);
    });
  });
});
