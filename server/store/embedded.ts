import { Failure } from '../errors.js';
import { type Clock, systemClock } from '../platform/clock.js';
import { COLLECTIONS, type CollectionSpec } from './collections.js';
import {
  type Collection,
  type Document,
  type Documents,
  type StoreRefused,
  UnsupportedOperation,
} from './documents.js';
import { EmbeddedCollection } from './embedded/collection.js';
import { openFile, type StoreFile, startRefusal } from './embedded/file.js';
import { Layout } from './embedded/layout.js';
import { retryWhileBusy } from './embedded/retryWhileBusy.js';
import { storeFailure } from './embedded/sqlite.js';
import { startSweeper } from './embedded/sweeper.js';
import { makeTables } from './embedded/tables.js';
import { TableWriter } from './embedded/tableWriter.js';
import { rebuiltBy, USER_VERSION } from './embedded/version.js';
import { type Expected, WriteQueue } from './embedded/writeQueue.js';
import { PURGE } from './indexChoice.js';
import { insertOnce } from './insertOnce.js';
import { ValidatingCollection } from './validatingCollection.js';

export interface EmbeddedOptions {
  /** Where the file is kept; made when missing, for its owner only. */
  readonly dataDir: string;
  /** The clock of the sweeper. */
  readonly clock?: Clock;
  readonly collections?: readonly CollectionSpec[];
  /** Whether documents past their `purgeAt` are removed; on unless a test wants to look at them. */
  readonly ttl?: boolean;
  /** Called once, when this process may not use the file any more because another release has rebuilt its tables. */
  readonly refused?: (why: StoreRefused) => void;
}

/** Opens the embedded store: one SQLite file that several processes of one machine may share. Throws StoreRefused. */
export async function openEmbedded({
  dataDir,
  clock = systemClock,
  collections = COLLECTIONS,
  ttl = true,
  refused = () => {},
}: EmbeddedOptions): Promise<Documents> {
  const file = await openFile(dataDir);
  const layouts = collections.map((spec) => new Layout(spec));
  try {
    const expected = expecting(await makeTables(file.reader, layouts), file.path, refused);
    const queue = await WriteQueue.over(file.writer, expected);
    const store = new EmbeddedStore(file, queue, expected);
    for (const [i, spec] of collections.entries()) {
      const layout = layouts[i]!;
      const table = await TableWriter.over(file.writer, layout);
      store.add(spec, new EmbeddedCollection(spec, layout, file.reader, queue, table));
    }
    if (ttl) store.sweepBy(clock);
    return store;
  } catch (error) {
    throw startRefusal(error, file.path);
  }
}

function expecting(userVersion: number, path: string, refused: (why: StoreRefused) => void): Expected {
  let why: StoreRefused | undefined;
  return {
    userVersion,
    refuse() {
      if (!why) {
        why = rebuiltBy(path);
        refused(why);
      }
      return new Failure('STORE_UNAVAILABLE', { cause: why });
    },
  };
}

/** When the store was last swept: a document of the collection `meta`. */
interface SweptMark extends Document {
  readonly at: Date;
}
const SWEPT = 'swept';

class EmbeddedStore implements Documents {
  readonly #file: StoreFile;
  readonly #queue: WriteQueue;
  readonly #expected: Expected;
  readonly #collections = new Map<string, ValidatingCollection<Document>>();
  readonly #purged: Collection[] = [];
  #stopSweeping: () => Promise<void> = async () => {};
  #closing: Promise<void> | undefined;

  constructor(file: StoreFile, queue: WriteQueue, expected: Expected) {
    this.#file = file;
    this.#queue = queue;
    this.#expected = expected;
  }

  add(spec: CollectionSpec, collection: EmbeddedCollection<Document>): void {
    this.#collections.set(spec.name, new ValidatingCollection(collection, spec));
    if (spec.ttl) this.#purged.push(collection);
  }

  sweepBy(clock: Clock): void {
    const meta = this.#collections.get('meta') as Collection<SweptMark> | undefined;
    this.#stopSweeping = startSweeper(clock, {
      sweep: async (now) => {
        for (const collection of this.#purged) await collection.deleteMany({ [PURGE.path]: { $lte: now } });
      },
      lastSwept: async () => (await meta?.findOne({ _id: SWEPT }))?.at,
      swept: async (at) => {
        if (!meta || (await meta.findOneAndUpdate({ _id: SWEPT }, { $set: { at } }))) return;
        await insertOnce(meta, { _id: SWEPT, at });
      },
    });
  }

  collection<T extends Document>(name: string): Collection<T> {
    const collection = this.#collections.get(name);
    if (!collection) throw new UnsupportedOperation(`there is no collection "${name}"`);
    return collection as unknown as Collection<T>;
  }

  async ping(): Promise<void> {
    try {
      const [userVersion] =
        (await retryWhileBusy(() => this.#file.reader.prepare(USER_VERSION).get([]))) ?? [];
      if (userVersion !== this.#expected.userVersion) throw this.#expected.refuse();
    } catch (error) {
      throw storeFailure(error);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#stopSweeping();
    await this.#queue.close();
    await this.#file.writer.settle();
    this.#file.reader.close();
    this.#file.writer.close();
  }
}
