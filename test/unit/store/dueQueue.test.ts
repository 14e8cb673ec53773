import { describe, expect, it } from 'vitest';
import { createLog } from '../../../server/observe/log.js';
import type { CollectionSpec } from '../../../server/store/collections.js';
import type { Collection, Documents } from '../../../server/store/documents.js';
import { dueKey } from '../../../server/store/dueKey.js';
import { createDueQueue, type DueQueue } from '../../../server/store/dueQueue.js';
import { eachEngine } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { ManualClock } from '../../support/manualClock.js';

interface Job {
  readonly _id: string;
  readonly dueAt?: Date;
  readonly dueKey?: string;
  readonly jobs?: number;
}

const JOBS: CollectionSpec = {
  name: 'jobs',
  indexes: [[{ path: 'dueAt', kind: 'date' }], [{ path: 'dueKey', kind: 'string' }]],
  ttl: false,
};
const DONE = { dueAt: '', dueKey: '' } as const;

/** Jobs that begin, in order, and end when the test says so. */
class Rig {
  readonly clock = new ManualClock();
  readonly began: string[] = [];
  readonly jobs: Collection<Job>;
  readonly #ends = new Map<string, () => void>();
  queue: DueQueue<Job>;

  constructor(documents: Documents, { concurrency = 32, holds = (_: string): boolean => true } = {}) {
    this.jobs = documents.collection<Job>('jobs');
    this.queue = createDueQueue<Job>({
      name: 'jobs',
      collection: this.jobs,
      due: 'dueAt',
      key: 'dueKey',
      requesterOf: ({ _id }) => {
        const [workspace = '', client = ''] = _id.split('/');
        return { workspace, client };
      },
      work: async ({ _id, dueAt, jobs = 1 }, again) => {
        // Claimed as every work of a queue is: by a guarded update.
        if (!dueAt || !(await this.jobs.findOneAndUpdate({ _id, dueAt }, { $unset: DONE }))) return;
        this.began.push(_id);
        if (holds(_id)) await new Promise<void>((resolve) => this.#ends.set(_id, resolve));
        if (jobs > 1) {
          const next = await this.add(_id, this.clock.now(), jobs - 1);
          if (next) again(next);
        }
      },
      clock: this.clock,
      log: createLog('silent'),
      concurrency,
    });
  }

  /** Makes a job due, with the key that belongs to its date unless another is given. */
  async add(_id: string, at: number, jobs = 1, key?: string): Promise<Job | null> {
    const dueAt = new Date(at);
    const $set = { dueAt, dueKey: key ?? dueKey(_id.split('/')[0]!, dueAt), jobs };
    if (await this.jobs.findOne({ _id })) return this.jobs.findOneAndUpdate({ _id }, { $set });
    await this.jobs.insertOne({ _id, ...$set });
    return { _id, ...$set };
  }

  async end(_id: string): Promise<void> {
    await eventually(() => this.#ends.has(_id));
    this.#ends.get(_id)!();
    this.#ends.delete(_id);
  }

  async stop(): Promise<void> {
    const stopped = this.queue.stop();
    for (const end of this.#ends.values()) end();
    await stopped;
  }
}

eachEngine((engine) => {
  const newRig = async (options?: ConstructorParameters<typeof Rig>[1]) =>
    new Rig(await engine.open({ collections: [JOBS] }), options);

  describe('a queue of due documents', () => {
    it("starts B's job before A's next one, with thousands of earlier documents of A due", async () => {
      // More than fit into memory, and far more than one page; the MongoDB of the tests is slow to fill.
      const due = engine.name === 'embedded' ? 10_000 : 2_000;
      const rig = await newRig({ holds: (id) => id.startsWith('a/') });
      const now = rig.clock.now();
      for (let n = 0; n < due; n += 100)
        await Promise.all(
          Array.from({ length: 100 }, (_, i) => rig.add(`a/key/${n + i}`, now - 60_000 + n + i)),
        );
      await rig.add('b/key/1', now);
      rig.queue.start();
      await eventually(() => rig.began.includes('b/key/1'));
      // All of A's permits are taken and none was given back: B was found and started besides.
      expect(rig.began.filter((id) => id.startsWith('a/')).length).toBeLessThanOrEqual(24);
      await rig.stop();
    }, 60_000);

    it('works off everything of every workspace, each document once', async () => {
      const rig = await newRig({ concurrency: 4, holds: () => false });
      const now = rig.clock.now();
      const ids = ['a', 'a-b', 'a0', 'b'].flatMap((workspace) =>
        Array.from({ length: workspace === 'a' ? 300 : 7 }, (_, n) => `${workspace}/key${n % 3}/${n}`),
      );
      await Promise.all(ids.map((id, n) => rig.add(id, now - 1_000 + n)));
      rig.queue.start();
      await eventually(() => rig.began.length >= ids.length);
      await rig.stop();
      expect([...rig.began].sort()).toEqual([...ids].sort());
    });

    it('gives others their turn between two jobs of one document', async () => {
      const rig = await newRig({ concurrency: 1 });
      const now = rig.clock.now();
      rig.queue.start();
      rig.queue.offer((await rig.add('a/key/1', now, 2))!);
      await eventually(() => rig.began.length === 1);
      rig.queue.offer((await rig.add('b/key/1', now))!);
      await rig.end('a/key/1');
      await eventually(() => rig.began.length === 2);
      await rig.end('b/key/1');
      await eventually(() => rig.began.length === 3);
      expect(rig.began).toEqual(['a/key/1', 'b/key/1', 'a/key/1']);
      await rig.stop();
    });

    it('serves the clients of a workspace in rotation', async () => {
      const rig = await newRig({ concurrency: 1 });
      rig.queue.start();
      for (const id of ['a/hot/1', 'a/hot/2', 'a/hot/3', 'a/cold/1'])
        rig.queue.offer((await rig.add(id, rig.clock.now()))!);
      for (const id of ['a/hot/1', 'a/hot/2', 'a/cold/1', 'a/hot/3']) await rig.end(id);
      expect(rig.began).toEqual(['a/hot/1', 'a/hot/2', 'a/cold/1', 'a/hot/3']);
      await rig.stop();
    });

    it('finds documents without a key, and those whose key is wrong, by their date', async () => {
      const rig = await newRig({ holds: () => false });
      const now = rig.clock.now();
      // As an earlier release leaves them: it writes the date alone.
      await rig.jobs.insertOne({ _id: 'a/key/old', dueAt: new Date(now - 1) });
      await rig.add('a/key/sooner', now - 1, 1, dueKey('a', new Date(now + 60_000)));
      await rig.jobs.insertOne({ _id: 'a/key/done', dueKey: dueKey('a', new Date(now - 2)) });
      await rig.add('a/key/later', now + 60_000, 1, dueKey('a', new Date(now - 3)));
      rig.queue.start();
      await eventually(() => rig.began.length === 2);
      await eventually(async () => {
        const [done, later] = await Promise.all(
          ['a/key/done', 'a/key/later'].map((_id) => rig.jobs.findOne({ _id })),
        );
        return !done?.dueKey && later?.dueKey === dueKey('a', new Date(now + 60_000));
      });
      expect([...rig.began].sort()).toEqual(['a/key/old', 'a/key/sooner']);
      rig.clock.advance(60_000);
      await eventually(() => {
        // A poll that is being made now asks again a second after it has ended.
        rig.clock.advance(1_000);
        return rig.began.length === 3;
      });
      expect(rig.began[2]).toBe('a/key/later');
      await rig.stop();
    });

    it('leaves what waits in the store when it stops', async () => {
      const rig = await newRig({ concurrency: 1 });
      rig.queue.start();
      rig.queue.offer((await rig.add('a/key/1', rig.clock.now()))!);
      rig.queue.offer((await rig.add('a/key/2', rig.clock.now()))!);
      await eventually(() => rig.began.length === 1);
      await rig.stop();
      expect(rig.began).toEqual(['a/key/1']);
      expect(await rig.jobs.findOne({ _id: 'a/key/2' })).toHaveProperty('dueAt');
    });
  });
});
