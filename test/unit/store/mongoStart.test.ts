import { MongoClient } from 'mongodb';
import { afterEach, describe, expect, it } from 'vitest';
import { COLLECTIONS } from '../../../server/store/collections.js';
import { StoreRefused } from '../../../server/store/documents.js';
import { openMongo } from '../../../server/store/mongo.js';
import { THINGS, type Thing } from '../../storeContract/documents.js';
import { type FakeMongod, startFakeMongod } from '../../support/fakeMongod.js';
import { describeWithMongo, freshDatabase } from '../../support/mongodb.js';

describe('a MongoDB that cannot be used is refused with what to do', () => {
  let fake: FakeMongod | undefined;
  afterEach(() => fake?.close());

  const refusal = async (...fakery: Parameters<typeof startFakeMongod>) => {
    fake = await startFakeMongod(...fakery);
    const uri = `mongodb://127.0.0.1:${fake.port}/?directConnection=true`;
    return openMongo({ uri, collections: [THINGS] }).then(
      () => expect.fail('it was opened'),
      (error: unknown) => {
        expect(error).toBeInstanceOf(StoreRefused);
        return `${error}`.replace(`${fake?.port}`, 'PORT');
      },
    );
  };

  it.each([
    ['another scheme', 'http://localhost'],
    ['no host', 'mongodb://'],
    ['an option MongoDB does not know', 'mongodb://localhost/?frobnicate=1'],
    ['a value no option takes', 'mongodb://localhost/?maxPoolSize=many'],
    ['a password that is not escaped', 'mongodb://user:pass/word@localhost/'],
  ])('a URI with %s', async (_title, uri) => {
    const opening = openMongo({ uri });
    await expect(opening).rejects.toThrow(StoreRefused);
    await expect(opening).rejects.toThrow(/MONGODB_URI/);
    await expect(opening).rejects.not.toThrow(/pass\/word/);
  });

  it('a server too old', async () => {
    expect(await refusal({ maxWireVersion: 4 })).toMatch(/MongoDB at 127\.0\.0\.1:PORT is too old/);
  });

  it('a secondary', async () => {
    const message = await refusal({ isWritablePrimary: false, ismaster: false, secondary: true });
    expect(message).toMatch(/not the primary of its replica set; name the whole set in MONGODB_URI/);
  });

  it('a wrong password', async () => {
    fake = await startFakeMongod({}, (command) =>
      command.saslStart
        ? { ok: 0, code: 18, codeName: 'AuthenticationFailed', errmsg: 'Authentication failed.' }
        : undefined,
    );
    const uri = `mongodb://user:hunter2@127.0.0.1:${fake.port}/?directConnection=true&authMechanism=SCRAM-SHA-256`;
    const opening = openMongo({ uri, collections: [THINGS] });
    await expect(opening).rejects.toThrow(StoreRefused);
    await expect(opening).rejects.toThrow(/does not let this user in .*Authentication failed/);
    await expect(opening).rejects.not.toThrow(/hunter2/);
  });

  it('a user without the rights', async () => {
    const message = await refusal({}, (command) =>
      command.listCollections
        ? { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized on x' }
        : undefined,
    );
    expect(message).toMatch(/lets it do too little: not authorized on x/);
  });

  it('an index that contradicts the one declared', async () => {
    const message = await refusal({}, (command) => {
      if (command.listCollections) return { cursor: { id: 0n, ns: 'x.$cmd', firstBatch: [] } };
      if (command.createIndexes) return { ok: 0, code: 85, errmsg: 'purgeAt_1 exists with other options' };
      return undefined;
    });
    expect(message).toMatch(/drop it and start again: purgeAt_1 exists/);
  });
});

describe('what a URI says otherwise', () => {
  it('does not weaken reads and writes, and the database is countersign by default', async () => {
    const fake = await startFakeMongod({}, (command) => {
      if (command.listCollections) return { cursor: { id: 0n, ns: 'x.$cmd', firstBatch: [] } };
      if (command.find) return { cursor: { id: 0n, ns: 'x.things', firstBatch: [] } };
      return { n: 1, value: null };
    });
    const options =
      'directConnection=true&w=0&journal=false&retryWrites=false&readPreference=secondary&readConcernLevel=available';
    const documents = await openMongo({
      uri: `mongodb://127.0.0.1:${fake.port}/?${options}`,
      collections: [THINGS],
    });
    const things = documents.collection<Thing>('things');
    await things.insertOne({ _id: 'a' });
    await things.findOneAndUpdate({ _id: 'a' }, { $set: { n: 1 } });
    await things.findOne({ _id: 'a' });
    await documents.close();
    const sent = (name: string) => fake.commands.find((command) => name in command);
    expect(sent('insert')).toMatchObject({
      $db: 'countersign',
      writeConcern: { w: 'majority' },
      txnNumber: expect.anything(),
    });
    expect(sent('findAndModify')).toMatchObject({
      writeConcern: { w: 'majority' },
      txnNumber: expect.anything(),
    });
    expect(sent('find')).toMatchObject({ readConcern: { level: 'local' } });
    // A direct connection asks for primaryPreferred, which a lone primary takes as primary.
    expect(JSON.stringify(sent('find')?.$readPreference ?? 'primary')).toMatch(/primary/);
    await fake.close();
  });
});

describe('a write', () => {
  const outcome = async (reply: Readonly<Record<string, unknown>>) => {
    const fake = await startFakeMongod({}, (command) => {
      if (command.listCollections) return { cursor: { id: 0n, ns: 'x.$cmd', firstBatch: [] } };
      return command.insert ? reply : undefined;
    });
    const uri = `mongodb://127.0.0.1:${fake.port}/?directConnection=true`;
    const documents = await openMongo({ uri, collections: [THINGS] });
    const [result] = await Promise.allSettled([
      documents.collection<Thing>('things').insertOne({ _id: 'a' }),
    ]);
    await documents.close();
    await fake.close();
    return result;
  };

  it('that no majority confirms is STORE_UNAVAILABLE', async () => {
    const writeConcernError = {
      code: 64,
      codeName: 'WriteConcernTimeout',
      errmsg: 'waiting for replication timed out',
    };
    expect(await outcome({ n: 1, writeConcernError })).toMatchObject({
      reason: { reason: 'STORE_UNAVAILABLE' },
    });
  });

  it('that the server has no room for is STORE_UNAVAILABLE', async () => {
    expect(
      await outcome({ ok: 0, code: 14031, codeName: 'OutOfDiskSpace', errmsg: 'no space' }),
    ).toMatchObject({
      reason: { reason: 'STORE_UNAVAILABLE' },
    });
  });
});

describeWithMongo('a MongoDB', (mongodb) => {
  const prepared = async (ttl: boolean) => {
    const name = freshDatabase();
    const uri = mongodb.uri(name);
    const first = await openMongo({ uri, ttl });
    await first.collection('sessions').insertOne({ _id: 'kept' });
    await first.close();
    const again = await openMongo({ uri, ttl });
    expect(await again.collection('sessions').findOne({ _id: 'kept' })).toEqual({ _id: 'kept' });
    await again.close();
    const client = new MongoClient(uri);
    const database = client.db(name);
    const collections = (await database.listCollections().toArray()).map(
      ({ name: collection }) => collection,
    );
    const indexes = await database.collection('sessions').listIndexes().toArray();
    await client.close();
    await mongodb.drop(name);
    return { collections, indexes };
  };

  it('is given its collections and indexes, once', async () => {
    const { collections, indexes } = await prepared(true);
    expect(collections).toEqual(expect.arrayContaining(COLLECTIONS.map(({ name }) => name)));
    const declared = COLLECTIONS.find(({ name }) => name === 'sessions')!.indexes;
    for (const fields of declared) {
      const key = Object.fromEntries(fields.map(({ path, direction }) => [path, direction ?? 1]));
      expect(indexes).toContainEqual(
        expect.objectContaining({ key, partialFilterExpression: { [fields[0]!.path]: { $exists: true } } }),
      );
    }
    expect(indexes).toContainEqual(expect.objectContaining({ key: { purgeAt: 1 }, expireAfterSeconds: 0 }));
    expect(indexes).toHaveLength(declared.length + 2);
  });

  it('is given no TTL index when that is turned off', async () => {
    const { indexes } = await prepared(false);
    expect(indexes.filter((index) => 'expireAfterSeconds' in index)).toEqual([]);
  });

  it('is refused when an index of that name means something else', async () => {
    const name = freshDatabase();
    const client = new MongoClient(mongodb.uri(name));
    await client.db(name).collection('things').createIndex({ purgeAt: 1 });
    await expect(openMongo({ uri: mongodb.uri(name), collections: [THINGS] })).rejects.toThrow(
      /drop it and start again/,
    );
    await client.close();
    await mongodb.drop(name);
  });

  it('responds STORE_UNAVAILABLE once the handle is closed', async () => {
    const name = freshDatabase();
    const documents = await openMongo({ uri: mongodb.uri(name), collections: [THINGS], ttl: false });
    const things = documents.collection<Thing>('things');
    await documents.close();
    await expect(things.findOne({ _id: 'a' })).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    await expect(things.insertOne({ _id: 'a' })).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    await expect(documents.ping()).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    await documents.close();
    await mongodb.drop(name);
  });
});
