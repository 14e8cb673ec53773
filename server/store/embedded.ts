import { type Clock, systemClock } from '../platform/clock.js';
import { COLLECTIONS, type CollectionSpec } from './collections.js';
import { type Collection, type Document, type Documents, UnsupportedOperation } from './documents.js';
import { EmbeddedCollection } from './embedded/collection.js';
import { openFile, type StoreFile, startRefusal } from './embedded/file.js';
import { Layout } from './embedded/layout.js';
import { retryWhileBusy } from './embedded/retryWhileBusy.js';
import { storeFailure } from './embedded/sqlite.js';
import { startSweeper } from './embedded/sweeper.js';
import { makeTables } from './embedded/tables.js';
import { TableWriter } from './embedded/tableWriter.js';
import { WriteQueue } from './embedded/writeQueue.js';
import { PURGE } from './indexChoice.js';
import { ValidatingCollection } from './validatingCollection.js';

export interface EmbeddedOptions {
  /** Where the file is kept; made when missing, for its owner only. */
  readonly dataDir: string;
  /** Tells the sweeper the time. */
  readonly clock?: Clock;
  readonly collections?: readonly CollectionSpec[];
  /** Whether documents past their `purgeAt` are removed; on unless a test wants to look at them. */
  readonly ttl?: boolean;
}

/** Opens the embedded store: one SQLite file that several processes of one machine may share. Throws StoreRefused. */
export async function openEmbedded({
  dataDir,
  clock = systemClock,
  collections = COLLECTIONS,
  ttl = true,
}: EmbeddedOptions): Promise<Documents> {
  const file = await openFile(dataDir);
  const layouts = collections.map((spec) => new Layout(spec));
  try {
    await makeTables(file.reader, layouts);
    const queue = await WriteQueue.over(file.writer);
    const store = new EmbeddedStore(file, queue);
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

class EmbeddedStore implements Documents {
  readonly #file: StoreFile;
  readonly #queue: WriteQueue;
  readonly #collections = new Map<string, ValidatingCollection<Document>>();
  readonly #purged: Collection[] = [];
  #stopSweeping: () => Promise<void> = async () => {};
  #closing: Promise<void> | undefined;

  constructor(file: StoreFile, queue: WriteQueue) {
    this.#file = file;
    this.#queue = queue;
  }

  add(spec: CollectionSpec, collection: EmbeddedCollection<Document>): void {
    this.#collections.set(spec.name, new ValidatingCollection(collection, spec));
    if (spec.ttl) this.#purged.push(collection);
  }

  sweepBy(clock: Clock): void {
    this.#stopSweeping = startSweeper(clock, async (now) => {
      for (const collection of this.#purged) await collection.deleteMany({ [PURGE.path]: { $lte: now } });
    });
  }

  collection<T extends Document>(name: string): Collection<T> {
    const collection = this.#collections.get(name);
    if (!collection) throw new UnsupportedOperation(`there is no collection "${name}"`);
    return collection as unknown as Collection<T>;
  }

  async ping(): Promise<void> {
    try {
      await retryWhileBusy(() => this.#file.reader.prepare('SELECT count(*) FROM sqlite_schema').get([]));
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
