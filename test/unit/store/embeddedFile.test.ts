import { chmod, copyFile, mkdir, mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CollectionSpec } from '../../../server/store/collections.js';
import { type Documents, StoreRefused, UnsupportedOperation } from '../../../server/store/documents.js';
import { openEmbedded } from '../../../server/store/embedded.js';
import { THINGS, type Thing } from '../../storeContract/documents.js';

let folder: string;
let path: string;
const opened: Documents[] = [];
const open_ = async (collections: readonly CollectionSpec[] = [THINGS], dataDir = folder) => {
  const documents = await openEmbedded({ dataDir, collections, ttl: false });
  opened.push(documents);
  return documents;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-file-'));
  path = join(folder, 'countersign.db');
});
afterEach(async () => {
  for (const documents of opened.splice(0)) await documents.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the file of the embedded store', () => {
  it('is made with its folder, for the owner alone', async () => {
    const dataDir = join(folder, 'new', 'data');
    const documents = await open_([THINGS], dataDir);
    await documents.collection<Thing>('things').insertOne({ _id: 'a' });
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    const files = await readdir(dataDir);
    expect(files).toContain('countersign.db');
    for (const file of files) expect((await stat(join(dataDir, file))).mode & 0o777).toBe(0o600);
  });

  it('keeps documents for the next start', async () => {
    const first = await open_();
    const thing = { _id: 'a', owner: 'ann', at: new Date(5), tags: ['t'] };
    await first.collection<Thing>('things').insertOne(thing);
    await first.close();
    const second = await open_();
    expect(await second.collection<Thing>('things').find({ tags: 't' }).toArray()).toStrictEqual([thing]);
  });

  it('holds everything by itself once closed', async () => {
    const documents = await open_();
    await documents.collection<Thing>('things').insertOne({ _id: 'a' });
    await documents.close();
    const copy = join(folder, 'copy');
    await mkdir(copy);
    await copyFile(path, join(copy, 'countersign.db'));
    const copied = await open_([THINGS], copy);
    expect(await copied.collection('things').findOne({ _id: 'a' })).toEqual({ _id: 'a' });
  });

  it('is rebuilt when the declared indexes change, with every document', async () => {
    const first = (await open_()).collection<Thing>('things');
    for (let n = 0; n < 450; n++) {
      await first.insertOne({ _id: `w/${n}`, tags: [`t${n % 3}`], kind: `k${n % 2}`, due: new Date(n) });
    }
    const changed: CollectionSpec = {
      name: 'things',
      indexes: [
        [{ path: 'kind', kind: 'string' }],
        [{ path: 'due', kind: 'date' }],
        [{ path: 'marks', kind: 'array' }],
      ],
      ttl: false,
    };
    const second = (await open_([changed])).collection<Thing>('things');
    const known = { due: { $lt: new Date(10) } };
    expect(await second.find({ kind: 'k1' }, { sort: { _id: 1 } }).toArray()).toHaveLength(225);
    expect((await second.find(known, { sort: { due: 1 } }).toArray()).map(({ _id }) => _id)).toEqual(
      Array.from({ length: 10 }, (_, n) => `w/${n}`),
    );
    await second.findOneAndUpdate({ _id: 'w/7' }, { $set: { marks: ['m'] } });
    expect(await second.find({ marks: 'm' }).toArray()).toHaveLength(1);
    const third = (await open_()).collection<Thing>('things');
    expect(await third.find({ tags: 't1' }).toArray()).toHaveLength(150);
  });

  it('can be made by several openings at once', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => open_()));
    await Promise.all(
      all.map((documents, n) => documents.collection<Thing>('things').insertOne({ _id: `w/${n}` })),
    );
    expect(await all[0]!.collection<Thing>('things').find({}).toArray()).toHaveLength(5);
  });

  it('responds STORE_UNAVAILABLE once closed, and can be closed again', async () => {
    const documents = await open_();
    const things = documents.collection<Thing>('things');
    const last = things.insertOne({ _id: 'last' });
    await documents.close();
    await last;
    await documents.close();
    const unavailable = { reason: 'STORE_UNAVAILABLE' };
    await expect(things.insertOne({ _id: 'late' })).rejects.toMatchObject(unavailable);
    await expect(things.findOne({ _id: 'last' })).rejects.toMatchObject(unavailable);
    await expect(things.find({}).toArray()).rejects.toMatchObject(unavailable);
    await expect(things.deleteMany({})).rejects.toMatchObject(unavailable);
    await expect(documents.ping()).rejects.toMatchObject(unavailable);
  });

  it.each<[string, Thing]>([
    ['a number where text is indexed', { _id: 'x', owner: 7 }],
    ['a text where dates are indexed', { _id: 'x', due: '2030-01-15' }],
    ['a text where a list is indexed', { _id: 'x', tags: 'red' }],
    ['a number in an indexed list', { _id: 'x', tags: ['red', 7] }],
    ['a list on the way to an indexed date', { _id: 'x', inner: { due: [new Date(1)] } }],
    ['a text to purge at', { _id: 'x', purgeAt: 'now' }],
  ])('refuses %s, which no index could find', async (_title, thing) => {
    const things = (await open_()).collection<Thing>('things');
    await expect(things.insertOne(thing)).rejects.toThrow(UnsupportedOperation);
    await things.insertOne({ _id: 'x' });
    const { _id, ...fields } = thing;
    await expect(things.findOneAndUpdate({ _id }, { $set: fields })).rejects.toThrow(UnsupportedOperation);
    expect(await things.find({}).toArray()).toEqual([{ _id: 'x' }]);
  });

  it('refuses an index it cannot keep', async () => {
    const wide: CollectionSpec = {
      name: 'things',
      indexes: [
        [
          { path: 'a', kind: 'string' },
          { path: 'b', kind: 'string' },
        ],
      ],
      ttl: false,
    };
    await expect(open_([wide])).rejects.toThrow(UnsupportedOperation);
  });
});

describe('a file that cannot be used is refused with what to do', () => {
  it('of another program', async () => {
    const other = new Database(path);
    other.exec('CREATE TABLE customers (id INTEGER)');
    other.close();
    await expect(open_()).rejects.toThrow(StoreRefused);
    await expect(open_()).rejects.toThrow(/another program; choose another data folder/);
  });

  it('of a newer release', async () => {
    await (await open_()).close();
    const newer = new Database(path);
    newer.exec('PRAGMA user_version = 1000');
    newer.close();
    await expect(open_()).rejects.toThrow(/written by a newer release/);
  });

  it('that is no database', async () => {
    await writeFile(path, 'not a database at all '.repeat(1000));
    await expect(open_()).rejects.toThrow(StoreRefused);
    await expect(open_()).rejects.toThrow(/countersign\.db cannot be used: file is not a database/);
  });

  it('in a folder that is a file', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(open_([THINGS], file)).rejects.toThrow(/data folder .* cannot be written/);
    await expect(open_([THINGS], join(file, 'inside'))).rejects.toThrow(StoreRefused);
  });

  // Root may write everywhere.
  it.skipIf(process.getuid?.() === 0)('in a folder that cannot be written', async () => {
    const locked = join(folder, 'locked');
    await mkdir(locked, { mode: 0o500 });
    await expect(open_([THINGS], locked)).rejects.toThrow(/cannot be written/);
    await chmod(locked, 0o700);
  });

  it('that another process keeps locked', async () => {
    const other = new Database(path);
    other.exec('BEGIN EXCLUSIVE');
    await expect(open_()).rejects.toThrow(/cannot be used: another process keeps it locked/);
    other.exec('ROLLBACK');
    other.close();
    await open_();
  });
});

it('responds STORE_UNAVAILABLE when the file is damaged while in use', async () => {
  const things = (await open_()).collection<Thing>('things');
  for (let n = 0; n < 50; n++) await things.insertOne({ _id: `w/${n}`, filling: 'x'.repeat(3000) });
  const settle = new Database(path);
  settle.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
  settle.close();
  const file = await open(path, 'r+');
  const { size } = await file.stat();
  await file.write(Buffer.alloc(size - 8192, 0xaa), 0, size - 8192, 8192);
  await file.close();
  await expect(things.find({}).toArray()).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
  await expect(things.findOneAndUpdate({ _id: 'w/7' }, { $set: { n: 1 } })).rejects.toMatchObject({
    reason: 'STORE_UNAVAILABLE',
  });
});
