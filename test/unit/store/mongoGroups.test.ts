import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DuplicateKey, UnsupportedOperation } from '../../../server/store/documents.js';
import { createGroupedInserts, type Insert } from '../../../server/store/mongo/groupedInserts.js';
import { createGroupedUpdates, type GroupedUpdate } from '../../../server/store/mongo/groupedUpdates.js';
import { openMongo } from '../../../server/store/mongo.js';
import { THINGS, type Thing } from '../../storeContract/documents.js';
import { describeWithMongo, freshDatabase } from '../../support/mongodb.js';

describeWithMongo('inserts of one turn on MongoDB', (mongodb) => {
  let name: string;
  let client: MongoClient;
  let insert: Insert;
  const commands: number[] = [];
  const things = () => client.db(name).collection<Thing>('things');

  beforeEach(async () => {
    name = freshDatabase();
    client = new MongoClient(mongodb.uri(name), { monitorCommands: true });
    client.on('commandStarted', ({ commandName, command }) => {
      if (commandName === 'insert') commands.push(command.documents.length);
    });
    await client.connect();
    insert = createGroupedInserts(client.db(name).collection('things') as never);
    commands.length = 0;
  });
  afterEach(async () => {
    await client.close();
    await mongodb.drop(name);
  });

  const results = async (ids: readonly string[]) =>
    (await Promise.allSettled(ids.map((_id) => insert({ _id })))).map((end) =>
      end.status === 'fulfilled' ? 'stored' : end.reason,
    );

  it('are one command, and one that is alone is a command of its own', async () => {
    expect(await results(['a', 'b', 'c'])).toEqual(['stored', 'stored', 'stored']);
    expect(await results(['d'])).toEqual(['stored']);
    expect(commands).toEqual([3, 1]);
    expect(await things().countDocuments()).toBe(4);
  });

  it('are at most 64 a command', async () => {
    await results(Array.from({ length: 70 }, (_, index) => `n${index}`));
    expect(commands.toSorted()).toEqual([6, 64]);
  });

  it('have each its own result: of a taken id, in the store or in the same turn', async () => {
    await results(['b']);
    const [a, b, c, again] = await results(['a', 'b', 'c', 'c']);
    expect([a, c]).toEqual(['stored', 'stored']);
    expect(b).toBeInstanceOf(DuplicateKey);
    expect(again).toBeInstanceOf(DuplicateKey);
    expect(await things().countDocuments()).toBe(3);
  });

  it('fail for the document that is at fault and for no other', async () => {
    const documents = await openMongo({ uri: mongodb.uri(name), collections: [THINGS], ttl: false });
    const port = documents.collection<Thing>('things');
    try {
      const [good, tooLarge, other] = await Promise.allSettled([
        port.insertOne({ _id: 'good' }),
        port.insertOne({ _id: 'large', owner: 'x'.repeat(17 * 1024 * 1024) }),
        port.insertOne({ _id: 'other' }),
      ]);
      expect([good.status, other.status]).toEqual(['fulfilled', 'fulfilled']);
      expect(tooLarge).toMatchObject({ status: 'rejected' });
      expect((tooLarge as PromiseRejectedResult).reason).toBeInstanceOf(Error);
      expect(await things().countDocuments()).toBe(2);
    } finally {
      await documents.close();
    }
  });

  it('all fail where the store cannot be reached, none as a taken id', async () => {
    await client.close();
    const ends = await results(['a', 'b']);
    for (const end of ends) {
      expect(end).toBeInstanceOf(Error);
      expect(end).not.toBeInstanceOf(DuplicateKey);
      expect(end).not.toBeInstanceOf(UnsupportedOperation);
    }
  });
});

describeWithMongo('updates of one turn on MongoDB', (mongodb) => {
  let name: string;
  let client: MongoClient;
  let update: GroupedUpdate<Thing>;
  const commands: string[] = [];
  const things = () => client.db(name).collection<Thing>('things');

  beforeEach(async () => {
    name = freshDatabase();
    client = new MongoClient(mongodb.uri(name), { monitorCommands: true });
    await client.connect();
    await things().insertMany(['a', 'b', 'c'].map((_id) => ({ _id, rev: 1 })));
    client.on('commandStarted', ({ commandName, command }) => {
      commands.push(commandName === 'update' ? `update ${command.updates.length}` : commandName);
    });
    update = createGroupedUpdates(things() as never);
    commands.length = 0;
  });
  afterEach(async () => {
    await client.close();
    await mongodb.drop(name);
  });

  const raise = (_id: string, rev = 1) =>
    update({
      filter: { _id, rev },
      update: { $inc: { rev: 1 }, $set: { word: `${_id}${rev}` } },
      seen: { _id, rev },
    });

  it('are one command that returns no document, and one that is alone is a command of its own', async () => {
    const results = await Promise.all([raise('a'), raise('b'), raise('c')]);
    expect(results.map((result) => result?.word)).toEqual(['a1', 'b1', 'c1']);
    expect((await raise('a', 2))?.rev).toBe(3);
    expect(commands).toEqual(['update 3', 'update 1']);
  });

  it('are read only where some matched and others did not', async () => {
    expect(await Promise.all([raise('a'), raise('b', 9), raise('c')])).toEqual([
      { _id: 'a', rev: 2, word: 'a1' },
      null,
      { _id: 'c', rev: 2, word: 'c1' },
    ]);
    expect(commands).toEqual(['update 3', 'find']);
    expect(await Promise.all([raise('a', 9), raise('b', 9)])).toEqual([null, null]);
    expect(commands).toEqual(['update 3', 'find', 'update 2']);
  });

  it('take those of one document one after another', async () => {
    const results = await Promise.all([raise('a'), raise('a', 2), raise('b'), raise('a', 3)]);
    expect(results.map((result) => result?.rev)).toEqual([2, 3, 2, 4]);
    expect(commands).toEqual(['update 2', 'update 1', 'update 1']);
  });

  it('all fail where the store cannot be reached', async () => {
    await client.close();
    const ends = await Promise.allSettled([raise('a'), raise('b')]);
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
