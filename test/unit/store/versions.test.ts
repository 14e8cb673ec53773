import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COLLECTIONS, type CollectionSpec } from '../../../server/store/collections.js';
import type { Document, Documents, Filter, Scalar } from '../../../server/store/documents.js';
import { decode } from '../../../server/store/embedded/codec.js';
import { openEmbedded } from '../../../server/store/embedded.js';
import { enterFormat, type Format, watchFormat } from '../../../server/store/format.js';
import { searchFields } from '../../../server/store/indexChoice.js';
import { THINGS, type Thing } from '../../storeContract/documents.js';
import { startChild } from '../../support/childProcess.js';
import { type Engine, eachEngine } from '../../support/engines.js';
import { unpackFirstRelease } from '../../support/firstRelease.js';
import { ManualClock } from '../../support/manualClock.js';

const FIRST_RELEASE = new URL('./support/processes/firstRelease.ts', import.meta.url);

let folder: string;
let path: string;
const opened: Documents[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-versions-'));
  path = join(folder, 'countersign.db');
});
afterEach(async () => {
  for (const documents of opened.splice(0)) await documents.close();
  await rm(folder, { recursive: true, force: true });
});

/** A release that declares these collections, and why it may not use the store any more. */
async function open(collections: readonly CollectionSpec[]) {
  const refusals: string[] = [];
  const refused = ({ message }: Error) => void refusals.push(message);
  const documents = await openEmbedded({ dataDir: folder, collections, ttl: false, refused });
  opened.push(documents);
  return { documents, refusals };
}

/** Every document in the file, past all indexes. */
function everything(file: string): ReadonlyMap<string, readonly Document[]> {
  const database = new Database(file);
  const rowsOf = (sql: string) => database.prepare(sql).raw().all() as string[][];
  const tables = rowsOf(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%.%'`).flat();
  const found = tables.flatMap((name) => {
    if (!COLLECTIONS.some((spec) => spec.name === name)) return [];
    const texts = rowsOf(`SELECT "_document" FROM "${name}" ORDER BY "_id"`);
    return texts.length > 0 ? [[name, texts.map(([text]) => decode<Document>(text!))] as const] : [];
  });
  database.close();
  return new Map(found);
}

const at = (document: object, path: string): unknown =>
  path.split('.').reduce<unknown>((value, part) => (value as Record<string, unknown>)?.[part], document);

describe('a file of release 0.1', () => {
  it('is upgraded with every document, each found by every index it belongs to', async () => {
    await unpackFirstRelease(folder);
    // From another copy: a connection of the test would keep the file in use.
    const copy = join(folder, 'copy');
    await unpackFirstRelease(copy);
    const before = everything(join(copy, 'countersign.db'));
    expect([...before.values()].flat().length).toBeGreaterThan(40);
    const { documents } = await open(COLLECTIONS);
    expect(everything(path)).toEqual(before);
    let looked = 0;
    for (const spec of COLLECTIONS) {
      const collection = documents.collection(spec.name);
      for (const document of before.get(spec.name) ?? []) {
        expect(await collection.findOne({ _id: document._id })).toEqual(document);
        for (const { path: field } of searchFields(spec)) {
          for (const value of [at(document, field) ?? []].flat()) {
            const filter: Filter = { [field]: value as Scalar };
            const found = await collection.find(filter).toArray();
            expect(
              found.map(({ _id }) => _id),
              `${spec.name}.${field}`,
            ).toContain(document._id);
            looked++;
          }
        }
      }
    }
    expect(looked).toBeGreaterThan(40);
  });

  it('is not touched while a process of that release has it open; once that has ended it is upgraded', async () => {
    await unpackFirstRelease(folder);
    const child = startChild(FIRST_RELEASE, [folder]);
    const lines = child.lines()[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('open');
    await expect(open(COLLECTIONS)).rejects.toThrow(
      /in use by release 0\.1 .*: stop that process, then start this one/,
    );
    child.process.stdin?.write('write\n');
    expect((await lines.next()).value).toBe('written');
    child.process.kill('SIGKILL');
    await child.finished().catch(() => {});

    const { documents } = await open(COLLECTIONS);
    expect(await documents.collection('reuse').findOne({ _id: 'w.live/written' })).not.toBeNull();
  });

  it('is refused by that release from the upgrade on', async () => {
    await unpackFirstRelease(folder);
    await (await open(COLLECTIONS)).documents.close();
    const database = new Database(path);
    const [version] = database.prepare('PRAGMA user_version').raw().get() as number[];
    database.close();
    // Release 0.1 opens files up to version 1.
    expect(version).toBeGreaterThan(1);
  });

  it('is upgraded by one of several processes that start at once', async () => {
    await unpackFirstRelease(folder);
    const all = await Promise.all([open(COLLECTIONS), open(COLLECTIONS), open(COLLECTIONS)]);
    for (const [n, { documents, refusals }] of all.entries()) {
      await documents.collection('senders').insertOne({ _id: `w/${n}` });
      expect(refusals).toEqual([]);
    }
  });
});

describe('two releases with different indexes on one file', () => {
  const later: CollectionSpec = {
    ...THINGS,
    indexes: [...THINGS.indexes, [{ path: 'kind', kind: 'string' }]],
  };
  const insert = ({ documents }: { documents: Documents }, _id: string) =>
    documents.collection<Thing>('things').insertOne({ _id, owner: 'ann', kind: 'k', tags: ['t'] });
  const unavailable = { reason: 'STORE_UNAVAILABLE' };

  it.each([
    ['the later release starts last', [THINGS], [later]],
    ['the earlier release starts last, as in a rollback', [later], [THINGS]],
  ])('%s: the process that ran before writes nothing more and says why', async (_order, first, second) => {
    const running = await open(first);
    await insert(running, 'before');
    const started = await open(second);
    const waiting = [insert(running, 'a'), insert(running, 'b'), insert(running, 'c')];
    for (const write of waiting) await expect(write).rejects.toMatchObject(unavailable);
    await expect(running.documents.ping()).rejects.toMatchObject(unavailable);
    expect(running.refusals).toEqual([
      expect.stringMatching(/another release of Countersign has rebuilt the tables, so this process ends/),
    ]);
    await insert(started, 'after');
    expect(started.refusals).toEqual([]);
    // Once more in the other direction: what both wrote is found by every index.
    const last = await open(first);
    await expect(insert(started, 'late')).rejects.toMatchObject(unavailable);
    const found = await last.documents.collection<Thing>('things').find({ tags: 't' }).toArray();
    expect(found.map(({ _id }) => _id).sort()).toEqual(['after', 'before']);
    expect(await last.documents.collection<Thing>('things').find({ owner: 'ann' }).toArray()).toHaveLength(2);
  });

  it('is noticed by a process that only reads, when it is asked whether it is ready', async () => {
    const running = await open([THINGS]);
    await open([later]);
    await expect(running.documents.ping()).rejects.toMatchObject(unavailable);
    expect(running.refusals).toHaveLength(1);
  });

  it('a release that adds a collection ends no other', async () => {
    const running = await open([THINGS]);
    await open([THINGS, { name: 'more', indexes: [], ttl: false }]);
    await insert(running, 'a');
    expect(running.refusals).toEqual([]);
  });
});

describe('the format of documents', () => {
  const first: Format = { written: 2, readableSince: 1 };
  const compatible: Format = { written: 3, readableSince: 1 };
  const breaking: Format = { written: 4, readableSince: 4 };

  eachEngine((engine: Engine) => {
    async function start(documents: Documents, own: Format) {
      const clock = new ManualClock();
      const refusals: string[] = [];
      await enterFormat(documents, clock, own);
      const stop = watchFormat(
        documents,
        { clock, refused: ({ message }) => void refusals.push(message) },
        own,
      );
      /** Lets it look once. */
      const look = async () => {
        clock.advance(5_000);
        while (clock.pending === 0) await new Promise(setImmediate);
      };
      return { refusals, look, stop };
    }

    it('a newer release that still writes what older ones read leaves them alone, in both orders', async () => {
      const documents = await engine.open();
      const old = await start(documents, first);
      const newer = await start(documents, compatible);
      const rolledBack = await start(documents, first);
      for (const one of [old, newer, rolledBack]) {
        await one.look();
        expect(one.refusals).toEqual([]);
        one.stop();
      }
    });

    it('a process learns that a newer release has made its documents unreadable; its next start is refused', async () => {
      const documents = await engine.open();
      const old = await start(documents, first);
      const clock = new ManualClock();
      const raising = enterFormat(documents, clock, breaking);
      // It waits until every older process has looked.
      while (clock.pending === 0) await new Promise(setImmediate);
      await old.look();
      expect(old.refusals).toEqual([expect.stringMatching(/newer release of Countersign \(format 4/)]);
      clock.advance(60_000);
      await raising;
      await expect(enterFormat(documents, clock, first)).rejects.toThrow(/Start that release/);
      await expect(enterFormat(documents, clock, compatible)).rejects.toThrow(/reads up to 3/);
      await enterFormat(documents, clock, breaking);
      old.stop();
    });

    it('several first starts at once agree on it', async () => {
      const documents = await engine.open();
      await Promise.all(
        [first, compatible, first].map((own) => enterFormat(documents, new ManualClock(), own)),
      );
      expect(await documents.collection('meta').find({}).toArray()).toEqual([
        { _id: 'format', written: 3, readableSince: 1 },
      ]);
    });
  });
});
