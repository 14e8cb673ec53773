import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Collection, Documents } from '../../server/store/documents.js';
import { openMongo } from '../../server/store/mongo.js';
import { THINGS, type Thing } from '../storeContract/documents.js';
import { eventually } from '../support/eventually.js';
import { describeWithMongo, freshDatabase } from '../support/mongodb.js';
import { startTcpProxy, type TcpProxy } from '../support/tcpProxy.js';

/** An operation promises a result within 3 s and the URI asks for minutes; the rest is for a busy machine. */
const timeout = 15_000;
const UNAVAILABLE = { reason: 'STORE_UNAVAILABLE' };

describeWithMongo('MongoDB out of reach', (mongodb) => {
  let name: string;
  let proxy: TcpProxy;
  let documents: Documents;
  let things: Collection<Thing>;
  let through: string;

  beforeEach(async () => {
    name = freshDatabase();
    const { host, port } = new MongoClient(mongodb.uri(name)).options.hosts[0]!;
    proxy = await startTcpProxy({ host: host!, port: port! });
    const uri = new URL(mongodb.uri(name).replace(/(\/\/(?:[^@/]*@)?)[^/?]*/, `$1127.0.0.1:${proxy.port}`));
    uri.searchParams.set('directConnection', 'true');
    // What a URI may say and the engine must not heed.
    for (const [option, value] of [
      ['serverSelectionTimeoutMS', '60000'],
      ['socketTimeoutMS', '0'],
      ['connectTimeoutMS', '60000'],
      ['waitQueueTimeoutMS', '0'],
      ['retryWrites', 'false'],
    ] as const) {
      uri.searchParams.set(option, value);
    }
    through = uri.href;
    documents = await openMongo({ uri: through, collections: [THINGS], ttl: false });
    things = documents.collection<Thing>('things');
    await things.insertOne({ _id: 'kept', n: 0 });
  });
  afterEach(async () => {
    proxy.mend();
    await documents.close();
    await proxy.close();
    await mongodb.drop(name);
  });

  const every: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['insertOne', () => things.insertOne({ _id: 'new' })],
    ['findOne', () => things.findOne({ _id: 'kept' })],
    ['findOneAndUpdate', () => things.findOneAndUpdate({ _id: 'kept' }, { $inc: { n: 1 } })],
    ['find', () => things.find({ owner: 'ann' }, { sort: { _id: 1 } }).toArray()],
    ['deleteOne', () => things.deleteOne({ _id: 'other' })],
    ['deleteMany', () => things.deleteMany({ owner: 'ann' })],
    ['ping', () => documents.ping()],
  ];
  const works = () => eventually(() => things.findOne({ _id: 'kept' }).then(Boolean, () => false));

  describe.each(['cut', 'stall'] as const)('connections %s', (fault) => {
    it('every operation is STORE_UNAVAILABLE in time, and works again once mended', { timeout }, async () => {
      proxy[fault]();
      const results = await Promise.allSettled(every.map(([, operate]) => operate()));
      expect(results.map((result, i) => [every[i]![0], result])).toEqual(
        every.map(([operation]) => [
          operation,
          { status: 'rejected', reason: expect.objectContaining(UNAVAILABLE) },
        ]),
      );
      expect((results[0] as PromiseRejectedResult).reason.details.cause).toBeInstanceOf(Error);
      proxy.mend();
      await works();
      expect((await things.findOneAndUpdate({ _id: 'kept' }, { $set: { mended: true } }))?.mended).toBe(true);
    });

    it('stops a read on its way', { timeout }, async () => {
      // More than one batch of the driver; in small waves, because the store of the tests may be slow.
      for (let wave = 0; wave < 25; wave++) {
        const ids = Array.from({ length: 10 }, (_, n) => `w/${fault}/${wave}/${n}`);
        await Promise.all(ids.map((_id) => things.insertOne({ _id, owner: 'ann' })));
      }
      const reading = things.find({ owner: 'ann' })[Symbol.asyncIterator]();
      await reading.next();
      proxy[fault]();
      const rest = async () => {
        for (;;) if ((await reading.next()).done) return;
      };
      await expect(rest()).rejects.toMatchObject(UNAVAILABLE);
    });
  });

  it('repeats a write whose connection broke, and carries it out once', { timeout }, async () => {
    for (let n = 1; n <= 5; n++) {
      const writing = things.findOneAndUpdate({ _id: 'kept' }, { $inc: { n: 1 } });
      proxy.cut();
      proxy.mend();
      const written = await writing.catch(() => undefined);
      await works();
      const { n: now } = (await things.findOne({ _id: 'kept' })) as unknown as { n: number };
      if (written) expect(now).toBe(n);
      expect(now).toBeLessThanOrEqual(n);
      await things.findOneAndUpdate({ _id: 'kept' }, { $set: { n } });
    }
  });

  it('opening is STORE_UNAVAILABLE in time and names the host, not the URI', { timeout }, async () => {
    proxy.stall();
    const opening = openMongo({ uri: through, collections: [THINGS] });
    await expect(opening).rejects.toMatchObject(UNAVAILABLE);
    await expect(opening).rejects.toMatchObject({
      details: {
        cause: expect.objectContaining({ message: expect.stringContaining(`127.0.0.1:${proxy.port}`) }),
      },
    });
  });
});
