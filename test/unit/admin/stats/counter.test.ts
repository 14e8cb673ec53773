import { setImmediate as turn } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { createCounter } from '../../../../server/admin/stats/counter.js';
import { binOf } from '../../../../server/admin/stats/sketch.js';
import type { Counts, Subject } from '../../../../server/admin/stats/stored.js';
import { createLog } from '../../../../server/observe/log.js';
import type { Documents } from '../../../../server/store/documents.js';
import { eachEngine } from '../../../support/engines.js';
import { eventually } from '../../../support/eventually.js';
import { createGate } from '../../../support/gate.js';
import { ManualClock } from '../../../support/manualClock.js';
import { type Fault, failOperation, wrapOperations } from '../../../support/wrapOperations.js';

const HOUR = 3_600_000;
const SMS: Subject = { channel: 'sms', country: 'CO', provider: '' };

eachEngine(({ newStore }) => {
  const clock = new ManualClock(Date.UTC(2030, 0, 15, 23, 59, 59, 999));
  let documents: Documents;
  let elsewhere: Documents;
  let workspaces = 0;
  beforeAll(async () => {
    const store = await newStore();
    documents = await store.open({ clock });
    elsewhere = await store.open({ clock });
  });

  const log = createLog('silent');
  const counterOf = (on: Documents) => createCounter(on, clock, log);
  const newPartition = () => `acme-${workspaces++}.live`;
  /** What is stored, by what follows the partition in the id. */
  const stored = async (partition: string): Promise<Record<string, Counts>> => {
    const range = { _id: { $gte: `${partition}/`, $lt: `${partition}0` } };
    const found = await documents
      .collection<{ _id: string; at: Date; purgeAt: Date } & Counts>('stats')
      .find(range)
      .toArray();
    return Object.fromEntries(
      found.map(({ _id, at: _at, purgeAt: _purgeAt, ...rest }) => {
        const {
          channel: _channel,
          country: _country,
          provider: _provider,
          ...counts
        } = rest as Counts & Subject;
        return [_id.slice(partition.length + 1), counts];
      }),
    );
  };

  it('counts are added up here and written for their hour and day, those of all processes together', async () => {
    const partition = newPartition();
    const [here, there] = [counterOf(documents), counterOf(elsewhere)];
    here.add(partition, { at: clock.now(), subject: SMS, counts: { sends: 1, spendMicros: 50 } });
    here.add(partition, { at: clock.now(), subject: SMS, counts: { sends: 1 } });
    there.add(partition, { at: clock.now(), subject: SMS, counts: { sends: 1, approvals: 1 } });
    // A millisecond later it is another hour and another day.
    here.add(partition, { at: clock.now() + 1, subject: SMS, counts: { sends: 1 } });
    here.add(partition, {
      at: clock.now(),
      subject: { ...SMS, provider: 'twilio' },
      counts: { accepted: 1 },
    });
    expect(await stored(partition)).toEqual({});
    await Promise.all([here.flush(), there.flush()]);
    const before = { sends: 3, spendMicros: 50, approvals: 1 };
    expect(await stored(partition)).toEqual({
      'hour/2030-01-15T23/sms/CO/': before,
      'day/2030-01-15/sms/CO/': before,
      'hour/2030-01-15T23/sms/CO/twilio': { accepted: 1 },
      'day/2030-01-15/sms/CO/twilio': { accepted: 1 },
      'hour/2030-01-16T00/sms/CO/': { sends: 1 },
      'day/2030-01-16/sms/CO/': { sends: 1 },
    });
    await here.flush();
    here.add(partition, { at: clock.now() + HOUR, subject: SMS, counts: { sends: 1 } });
    await here.flush();
    expect((await stored(partition))['day/2030-01-16/sms/CO/']).toEqual({ sends: 2 });
  });

  it('times and parts are added up as counts are, each part in documents of its own', async () => {
    const partition = newPartition();
    const [here, there] = [counterOf(documents), counterOf(elsewhere)];
    const at = clock.now();
    const parts = [{ by: 'purpose', value: 'a.$/b' }] as const;
    for (const counter of [here, there, here]) {
      counter.add(partition, {
        at,
        subject: SMS,
        counts: { approvals: 1 },
        took: { approval: 5_000 },
        parts,
      });
      counter.add(partition, { at, subject: SMS, counts: {}, took: { approval: 9_000, delivery: 0 } });
      await counter.flush();
    }
    const [five, nine, none] = [5_000, 9_000, 0].map(binOf);
    const times = { approval: { [five!]: 3, [nine!]: 3 }, delivery: { [none!]: 3 } };
    const part = { approvals: 3, value: 'a.$/b', times: { approval: { [five!]: 3 } } };
    const value = Buffer.from('a.$/b').toString('base64url');
    expect(await stored(partition)).toEqual({
      'hour/2030-01-15T23/sms/CO/': { approvals: 3, times },
      'day/2030-01-15/sms/CO/': { approvals: 3, times },
      [`hour.purpose/2030-01-15T23/sms/CO//${value}`]: part,
      [`day.purpose/2030-01-15/sms/CO//${value}`]: part,
    });
  });

  it('counts are kept for 400 days', async () => {
    const partition = newPartition();
    const counter = counterOf(documents);
    counter.add(partition, { at: clock.now(), subject: SMS, counts: { sends: 1 } });
    await counter.flush();
    const _id = `${partition}/day/2030-01-15/sms/CO/`;
    const found = await documents.collection<{ _id: string; purgeAt: Date }>('stats').findOne({ _id });
    expect(found!.purgeAt).toEqual(new Date(Date.UTC(2030, 0, 15) + 400 * 24 * HOUR));
  });

  it('counts are written by themselves five seconds after the first', async () => {
    const partition = newPartition();
    let written = () => {};
    const done = new Promise<void>((resolve) => {
      written = resolve;
    });
    let operations = 0;
    const counter = counterOf(
      wrapOperations(documents, async (operation) => {
        operations++;
        try {
          return await operation();
        } finally {
          // For the hour and for the day: an update that finds nothing, and an insert.
          if (operations === 4) written();
        }
      }),
    );
    counter.add(partition, { at: clock.now(), subject: SMS, counts: { sends: 1 } });
    clock.advance(4_999);
    await turn();
    expect(operations).toBe(0);
    clock.advance(1);
    await done;
    await counter.flush();
    expect(Object.values(await stored(partition))).toEqual([{ sends: 1 }, { sends: 1 }]);
    expect(clock.pending).toBe(0);
  });

  it('what is counted while others are written is written by the same flush or the next, once', async () => {
    const partition = newPartition();
    const gate = createGate();
    const counter = counterOf(wrapOperations(documents, gate.around));
    counter.add(partition, { at: clock.now(), subject: SMS, counts: { sends: 1 } });
    const held = gate.hold();
    const first = counter.flush();
    await held;
    counter.add(partition, { at: clock.now(), subject: SMS, counts: { sends: 1 } });
    const both = Promise.all([counter.flush(), counter.flush()]);
    gate.release();
    await Promise.all([first, both]);
    expect(Object.values(await stored(partition))).toEqual([{ sends: 2 }, { sends: 2 }]);
  });

  describe('while the store is away', () => {
    const faulty = (fault: Partial<Fault>) =>
      failOperation(documents, { at: 0, carriedOut: false, kind: 'once', ...fault });

    it.each([0, 1, 2, 3])('nothing is lost that the store did not take (operation %d)', async (at) => {
      const partition = newPartition();
      const { documents: on } = faulty({ at });
      const counter = counterOf(on);
      counter.add(partition, { at: clock.now(), subject: SMS, counts: { sends: 2 } });
      await counter.flush();
      counter.add(partition, { at: clock.now(), subject: SMS, counts: { sends: 1 } });
      clock.advance(5_000);
      await counter.flush();
      expect(Object.values(await stored(partition))).toEqual([{ sends: 3 }, { sends: 3 }]);
    });

    it('it gets one write every five seconds, however much is held', async () => {
      const partition = newPartition();
      const away = faulty({ kind: 'down' });
      const counter = counterOf(away.documents);
      const add = (from: number) => {
        for (let n = 0; n < 1_500; n++)
          counter.add(partition, {
            at: clock.now(),
            subject: { ...SMS, provider: `${from + n}` },
            counts: { sends: 1 },
          });
      };
      // Two documents each: more than are held without writing some.
      add(0);
      await counter.flush();
      const asked = away.count();
      expect(asked).toBeGreaterThan(0);
      add(1_500);
      await turn();
      expect(away.count()).toBe(asked);
      clock.advance(5_000);
      await eventually(() => away.count() > asked);
      await counter.flush();
    });
  });
});
