import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import type { Clock } from '../../server/platform/clock.js';
import { COLLECTIONS, type CollectionSpec } from '../../server/store/collections.js';
import type { Documents } from '../../server/store/documents.js';
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
    return (options) => openEmbedded({ ...options, dataDir: folder }).then(closing(tidy));
  });
}

/** 200 calls at once are no fault of the store: the one of the tests may need its time, on a machine that is busy. */
const PATIENCE_MS = 25_000;

export function mongodbEngine(mongodb: MongodbForTests): Engine {
  const tidy = tidying();
  return engine('mongodb', async () => {
    const name = freshDatabase();
    tidy(() => mongodb.drop(name));
    return ({ collections, ttl }) =>
      openMongo({ uri: mongodb.uri(name), collections, ttl, deadlineMs: PATIENCE_MS }).then(closing(tidy));
  });
}

type Opening = (
  options: Required<Omit<StoreOptions, 'clock'>> & Pick<StoreOptions, 'clock'>,
) => Promise<Documents>;

function engine(name: Engine['name'], newOpening: () => Promise<Opening>): Engine {
  const newStore = async (): Promise<TestStore> => {
    const open = await newOpening();
    return { open: (options = {}) => open({ collections: COLLECTIONS, ttl: false, ...options }) };
  };
  return { name, newStore, open: async (options) => (await newStore()).open(options) };
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
