import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, describe } from 'vitest';
import type { Clock } from '../../server/platform/clock.js';
import { COLLECTIONS, type CollectionSpec } from '../../server/store/collections.js';
import type { Documents } from '../../server/store/documents.js';
import { storePath } from '../../server/store/embedded/file.js';
import { Reader } from '../../server/store/embedded/sqlite.js';
import { openEmbedded } from '../../server/store/embedded.js';
import { openMongo } from '../../server/store/mongo.js';
import { describeWithMongo, freshDatabase, type MongodbForTests } from './mongodb.js';

export interface StoreOptions {
  readonly collections?: readonly CollectionSpec[];
  readonly clock?: Clock;
  /** Off unless the test is about it, so that what is past its time can be looked at. */
  readonly ttl?: boolean;
}

/** One store, empty at first, that can be opened any number of times. */
export interface TestStore {
  open(options?: StoreOptions): Promise<Documents>;
  /** Everything in it, read past the document port: each row of each table, each document of each collection there is. */
  dump(): Promise<readonly Stored[]>;
}

/** One row or document, as text. */
export interface Stored {
  readonly place: string;
  readonly text: string;
}

/** One way to keep documents. Stores made through it are closed and removed after the suite. */
export interface Engine {
  readonly name: 'embedded' | 'mongodb';
  newStore(): Promise<TestStore>;
  /** A new store, opened: what most tests need. */
  open(options?: StoreOptions): Promise<Documents>;
}

/** Declares the suite once for each engine. */
export function eachEngine(suite: (engine: Engine) => void): void {
  onEmbedded(suite);
  onMongodb(suite);
}

export function onEmbedded(suite: (engine: Engine) => void): void {
  describe('on the embedded store', () => suite(embeddedEngine()));
}

export function onMongodb(suite: (engine: Engine) => void): void {
  describeWithMongo('on MongoDB', (mongodb) => suite(mongodbEngine(mongodb)));
}

export function embeddedEngine(): Engine {
  const tidy = tidying();
  return engine('embedded', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-store-'));
    tidy(() => rm(folder, { recursive: true, force: true }));
    return {
      open: (options) => openEmbedded({ ...options, dataDir: folder }).then(closing(tidy)),
      dump: async () => dumpTables(storePath(folder)),
    };
  });
}

/** 200 calls at once are no fault of the store: the one of the tests may need its time, on a machine that is busy. */
const PATIENCE_MS = 25_000;

export function mongodbEngine(mongodb: MongodbForTests): Engine {
  const tidy = tidying();
  return engine('mongodb', async () => {
    const name = freshDatabase();
    tidy(() => mongodb.drop(name));
    return {
      open: ({ collections, ttl }) =>
        openMongo({ uri: mongodb.uri(name), collections, ttl, deadlineMs: PATIENCE_MS }).then(closing(tidy)),
      dump: () => dumpCollections(mongodb.uri(name)),
    };
  });
}

type Opening = (
  options: Required<Omit<StoreOptions, 'clock'>> & Pick<StoreOptions, 'clock'>,
) => Promise<Documents>;

interface OpenedBy extends Pick<TestStore, 'dump'> {
  readonly open: Opening;
}

function engine(name: Engine['name'], make: () => Promise<OpenedBy>): Engine {
  const newStore = async (): Promise<TestStore> => {
    const { open, dump } = await make();
    return { open: (options = {}) => open({ collections: COLLECTIONS, ttl: false, ...options }), dump };
  };
  return { name, newStore, open: async (options) => (await newStore()).open(options) };
}

function dumpTables(path: string): readonly Stored[] {
  const database = new Reader(path);
  try {
    const tables = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL")
      .all([])
      .map(([table]) => String(table));
    return tables.flatMap((table) =>
      database
        .prepare(`SELECT * FROM "${table}"`)
        .all([])
        .map((row) => ({ place: table, text: row.join(' ') })),
    );
  } finally {
    database.close();
  }
}

async function dumpCollections(uri: string): Promise<readonly Stored[]> {
  const client = new MongoClient(uri);
  try {
    const found: Stored[] = [];
    for (const { name } of await client.db().listCollections().toArray())
      for await (const document of client.db().collection(name).find())
        found.push({ place: name, text: JSON.stringify(document) });
    return found;
  } finally {
    await client.close();
  }
}

type Tidy = (task: () => Promise<unknown>) => void;

/** Runs the tasks, last first, when the suite that is being declared has ended. */
function tidying(): Tidy {
  const tasks: (() => Promise<unknown>)[] = [];
  afterAll(async () => {
    for (const task of tasks.reverse()) await task();
  });
  return (task) => tasks.push(task);
}

const closing = (tidy: Tidy) => (documents: Documents) => {
  tidy(() => documents.close());
  return documents;
};
