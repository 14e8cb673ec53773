import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Collection, Documents } from '../../../server/store/documents.js';
import { openEmbedded } from '../../../server/store/embedded.js';
import { THINGS, type Thing } from '../../storeContract/documents.js';
import { startChild } from '../../support/childProcess.js';

const DECREMENT = new URL('./support/processes/decrement.ts', import.meta.url);
const INSERT = new URL('./support/processes/insert.ts', import.meta.url);

let folder: string;
let path: string;
let documents: Documents;
let things: Collection<Thing>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-shared-'));
  path = join(folder, 'countersign.db');
  documents = await openEmbedded({ dataDir: folder, collections: [THINGS], ttl: false });
  things = documents.collection<Thing>('things');
});
afterEach(async () => {
  await documents.close();
  await rm(folder, { recursive: true, force: true });
});

describe('several processes on one file', () => {
  it('take from one counter exactly what is in it', async () => {
    await things.insertOne({ _id: 'counter', left: 300 });
    const children = [startChild(DECREMENT, [folder]), startChild(DECREMENT, [folder])];
    const outputs = await Promise.all(children.map((child) => child.finished()));
    expect(outputs.map(Number).reduce((a, b) => a + b)).toBe(300);
    expect((await things.findOne({ _id: 'counter' }))?.left).toBe(0);
  });

  it('lose nothing that was acknowledged when one of them is killed', async () => {
    const child = startChild(INSERT, [folder]);
    const acknowledged: string[] = [];
    for await (const line of child.lines()) {
      acknowledged.push(line);
      if (acknowledged.length === 100) child.process.kill('SIGKILL');
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(100);
    const kept = (await things.find({ owner: 'child' }).toArray()).map(({ _id }) => _id);
    expect(kept).toEqual(expect.arrayContaining(acknowledged));
    await things.insertOne({ _id: 'after', owner: 'parent' });
  });

  it.skipIf(process.platform === 'win32')(
    'say so when the disk is full, and keep what they had',
    async () => {
      await documents.close();
      const limited = ['sh', '-c', 'ulimit -f 1000 && exec "$@"', 'sh'];
      const child = startChild(INSERT, [folder], limited);
      const lines = (await child.finished()).trimEnd().split('\n');
      const refusal = lines.findIndex((line) => line.startsWith('refused'));
      expect(refusal).toBeGreaterThan(10);
      expect(lines[refusal]).toMatch(/^refused STORE_UNAVAILABLE .*(disk|full)/);
      expect(lines.at(-1)).toBe('read w/0');
      documents = await openEmbedded({ dataDir: folder, collections: [THINGS], ttl: false });
      const kept = (await documents.collection<Thing>('things').find({}).toArray()).map(({ _id }) => _id);
      expect(kept.sort()).toEqual(lines.slice(0, refusal).sort());
    },
  );
});

describe("another process's lock", () => {
  let other: Database.Database;
  beforeEach(() => {
    other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
  });
  afterEach(() => {
    other.close();
  });

  it('is waited for without holding up anything else', async () => {
    let done = false;
    const writing = things.insertOne({ _id: 'waited' }).finally(() => {
      done = true;
    });
    for (let n = 0; n < 50; n++) await turn();
    expect(await things.findOne({ _id: 'waited' })).toBeNull();
    expect(done).toBe(false);
    other.exec('ROLLBACK');
    await writing;
    expect((await things.findOne({ _id: 'waited' }))?._id).toBe('waited');
  });

  it('is STORE_UNAVAILABLE for every waiting operation when it lasts, and passes', {
    timeout: 15_000,
  }, async () => {
    const writes = [
      things.insertOne({ _id: 'a' }),
      things.findOneAndUpdate({ _id: 'b' }, { $set: { n: 1 } }),
    ];
    for (const result of await Promise.allSettled(writes)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { reason: 'STORE_UNAVAILABLE' } });
    }
    other.exec('ROLLBACK');
    await things.insertOne({ _id: 'a' });
  });
});

it('puts writes that arrive together into one commit', async () => {
  const other = new Database(path);
  await things.insertOne({ _id: 'one', n: 0, filling: 'x'.repeat(3000) });
  other.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
  const log = async () => (await stat(`${path}-wal`)).size;
  const increment = () => things.findOneAndUpdate({ _id: 'one' }, { $inc: { n: 1 } });
  await Promise.all(Array.from({ length: 90 }, increment));
  const together = await log();
  for (let n = 0; n < 10; n++) await increment();
  const apart = (await log()) - together;
  // A commit writes each changed page once: ninety updates in one weigh less than ten in ten.
  expect(together).toBeLessThan(apart);
  expect((await things.findOne({ _id: 'one' }))?.n).toBe(100);
  other.close();
});

it('lets others run while it reads many documents', async () => {
  await Promise.all(Array.from({ length: 1000 }, (_, n) => things.insertOne({ _id: `w/${n}`, n })));
  let turns = 0;
  let reading = true;
  const counting = (async () => {
    for (; reading; turns++) await turn();
  })();
  expect(await things.find({ n: -1 }).toArray()).toEqual([]);
  reading = false;
  await counting;
  expect(turns).toBeGreaterThanOrEqual(9);
});
