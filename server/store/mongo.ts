import {
  type Db,
  type DbOptions,
  MongoClient,
  type MongoClientOptions,
  ReadConcern,
  WriteConcern,
} from 'mongodb';
import { COLLECTIONS, type CollectionSpec } from './collections.js';
import {
  type Collection,
  type Document,
  type Documents,
  StoreRefused,
  UnsupportedOperation,
} from './documents.js';
import { MongoCollection } from './mongo/collection.js';
import { createDeadline, type Deadline } from './mongo/deadline.js';
import { startFailure } from './mongo/failures.js';
import { checkWritable, createMissing } from './mongo/preparation.js';
import { ValidatingCollection } from './validatingCollection.js';

export interface MongoOptions {
  /** A MongoDB connection string; the database in it, or `countersign`. */
  readonly uri: string;
  readonly collections?: readonly CollectionSpec[];
  /** Whether documents past their `purgeAt` are removed; on unless a test wants to look at them. */
  readonly ttl?: boolean;
  /** How long any operation may take, milliseconds; longer only where a test puts more on its store than that one is made for. */
  readonly deadlineMs?: number;
}

const DEFAULT_DATABASE = 'countersign';

const DEADLINE_MS = 2800;

/** A timeout on everything, overriding the URI. A store that is reachable again is noticed within two seconds. */
const settings = (deadlineMs: number): MongoClientOptions => ({
  appName: 'countersign',
  retryWrites: true,
  retryReads: true,
  serverSelectionTimeoutMS: 2000,
  connectTimeoutMS: 2000,
  waitQueueTimeoutMS: deadlineMs - 800,
  socketTimeoutMS: deadlineMs - 300,
  heartbeatFrequencyMS: 2000,
});

/**
 * Reads are local to the primary rather than majority reads, because after a
 * guarded update that missed, the read that explains it must see what the
 * guard saw. Given to the database and not to the client, where some options
 * of the URI would win.
 */
const CONCERNS: DbOptions = {
  readPreference: 'primary',
  readConcern: new ReadConcern('local'),
  writeConcern: new WriteConcern('majority', 2000, true),
};

/**
 * Opens MongoDB and creates the collections and indexes that are missing.
 * Throws StoreRefused when the operator has to change something, and Failure
 * STORE_UNAVAILABLE within 3 s when the store cannot be reached.
 */
export async function openMongo({
  uri,
  collections = COLLECTIONS,
  ttl = true,
  deadlineMs = DEADLINE_MS,
}: MongoOptions): Promise<Documents> {
  const client = newClient(uri, deadlineMs);
  const deadline = createDeadline(deadlineMs);
  const where = client.options.srvHost ?? client.options.hosts.map((host) => host.toString()).join(', ');
  try {
    const database = client.db(databaseIn(uri), CONCERNS);
    await deadline.inTime(client.connect().then(() => checkWritable(database, where)));
    await createMissing(database, collections, ttl);
    return new MongoStore(client, database, collections, deadline);
  } catch (error) {
    await client.close();
    throw startFailure(error, where);
  }
}

function newClient(uri: string, deadlineMs: number): MongoClient {
  try {
    return new MongoClient(uri, settings(deadlineMs));
  } catch (error) {
    throw new StoreRefused(`MONGODB_URI is not usable: ${(error as Error).message}`, { cause: error });
  }
}

function databaseIn(uri: string): string {
  const path = /^[^/]*\/\/[^/?]*\/([^?]+)/.exec(uri)?.[1];
  return path === undefined ? DEFAULT_DATABASE : decodeURIComponent(path);
}

class MongoStore implements Documents {
  readonly #client: MongoClient;
  readonly #database: Db;
  readonly #deadline: Deadline;
  readonly #collections: ReadonlyMap<string, ValidatingCollection<Document>>;

  constructor(client: MongoClient, database: Db, collections: readonly CollectionSpec[], deadline: Deadline) {
    this.#client = client;
    this.#database = database;
    this.#deadline = deadline;
    this.#collections = new Map(
      collections.map((spec) => [
        spec.name,
        new ValidatingCollection(
          new MongoCollection(database.collection<Document>(spec.name), deadline),
          spec,
        ),
      ]),
    );
  }

  collection<T extends Document>(name: string): Collection<T> {
    const collection = this.#collections.get(name);
    if (!collection) throw new UnsupportedOperation(`there is no collection "${name}"`);
    return collection as unknown as Collection<T>;
  }

  async ping(): Promise<void> {
    await this.#deadline.within(this.#database.command({ ping: 1 }));
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}
