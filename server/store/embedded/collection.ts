import { setImmediate as nextTurn } from 'node:timers/promises';
import { applyUpdate } from '../applyUpdate.js';
import type { CollectionSpec } from '../collections.js';
import { copy } from '../copy.js';
import {
  type Collection,
  type Cursor,
  type Document,
  DuplicateKey,
  type Filter,
  type FindOptions,
  type Update,
} from '../documents.js';
import { chooseIndex, type IndexChoice } from '../indexChoice.js';
import { matches } from '../matchFilter.js';
import { decode, encode } from './codec.js';
import type { Layout } from './layout.js';
import { type PageEnd, pageEndOf, pageQuery } from './query.js';
import { retryWhileBusy } from './retryWhileBusy.js';
import { type Reader, type Row, storeFailure } from './sqlite.js';
import type { TableWriter } from './tableWriter.js';
import type { Transaction, WriteQueue } from './writeQueue.js';

type Addressed = Filter & { readonly _id: string };

/** Rows read at once: what bounds memory, and the time between two turns of the event loop. */
const PAGE = 100;

/** One collection in the file. Reads go around the write queue and see what is committed. */
export class EmbeddedCollection<T extends Document> implements Collection<T> {
  readonly #spec: CollectionSpec;
  readonly #layout: Layout;
  readonly #reader: Reader;
  readonly #queue: WriteQueue;
  readonly #table: TableWriter;
  readonly #select: string;

  constructor(spec: CollectionSpec, layout: Layout, reader: Reader, queue: WriteQueue, table: TableWriter) {
    this.#spec = spec;
    this.#layout = layout;
    this.#reader = reader;
    this.#queue = queue;
    this.#table = table;
    this.#select = `SELECT "_document" FROM ${layout.table} WHERE "_id" = ?`;
  }

  insertOne(document: T): Promise<void> {
    const indexed = this.#layout.indexed(document);
    const text = encode(document);
    const id = document._id;
    return this.#queue.add((transaction) => {
      if (!this.#table.insert(transaction, id, text, indexed)) throw new DuplicateKey(id);
    });
  }

  async findOne(filter: Filter): Promise<T | null> {
    if (typeof filter._id !== 'string') {
      for await (const document of this.find(filter, { limit: 1 })) return document;
      return null;
    }
    const parameters = [filter._id];
    const row = await this.#read(() => this.#reader.prepare(this.#select).get(parameters));
    if (!row) return null;
    const document = decode<T>(row[0] as string);
    return matches(document, filter) ? document : null;
  }

  findOneAndUpdate(filter: Addressed, update: Update): Promise<T | null> {
    // Copied now: it is applied in a later turn, and becomes part of the document that is returned.
    const changes = copy(update);
    return this.#queue.add((transaction) => this.#update(transaction, filter, changes));
  }

  async updateOne(filter: Addressed, update: Update): Promise<void> {
    await this.findOneAndUpdate(filter, update);
  }

  find(filter: Filter, { sort, limit }: FindOptions): Cursor<T> {
    const path = chooseIndex(this.#spec, this.#layout.fields, filter, sort);
    const read = () => this.#documents(filter, path, limit ?? Number.POSITIVE_INFINITY);
    return {
      [Symbol.asyncIterator]: read,
      async toArray() {
        const documents: T[] = [];
        for await (const document of read()) documents.push(document);
        return documents;
      },
    };
  }

  deleteOne(filter: Addressed): Promise<number> {
    return this.#queue.add((transaction) => this.#delete(transaction, filter._id, filter));
  }

  /** Page by page, each page its own operation, so that others come in between. */
  async deleteMany(filter: Filter): Promise<number> {
    const path = chooseIndex(this.#spec, this.#layout.fields, filter, undefined);
    let deleted = 0;
    for await (const rows of this.#pages(path, PAGE)) {
      const ids = rows.map((row) => row[1] as string);
      deleted += await this.#queue.add((transaction) =>
        ids.reduce((count, id) => count + this.#delete(transaction, id, filter), 0),
      );
    }
    return deleted;
  }

  #update(transaction: Transaction, filter: Addressed, changes: Update): T | null {
    const text = this.#table.text(filter._id);
    if (text === undefined) return null;
    const document = decode<T>(text);
    if (!matches(document, filter)) return null;
    const before = this.#layout.indexed(document);
    applyUpdate(document, changes);
    const after = this.#layout.indexed(document);
    const next = encode(document);
    if (next !== text) this.#table.replace(transaction, filter._id, next, before, after);
    return document;
  }

  #delete(transaction: Transaction, id: string, filter: Filter): number {
    const text = this.#table.text(id);
    if (text === undefined) return 0;
    const document = decode<T>(text);
    if (!matches(document, filter)) return 0;
    this.#table.remove(transaction, id, this.#layout.indexed(document));
    return 1;
  }

  async *#documents(filter: Filter, path: IndexChoice, limit: number): AsyncGenerator<T, void> {
    let left = limit;
    for await (const rows of this.#pages(path, Math.min(limit, PAGE))) {
      for (const row of rows) {
        const document = decode<T>(row[0] as string);
        if (!matches(document, filter)) continue;
        yield document;
        left -= 1;
        if (left === 0) return;
      }
    }
  }

  /** Each page is one statement and so one state of the collection; between two of them it may change. */
  async *#pages(path: IndexChoice, firstSize: number): AsyncGenerator<readonly Row[], void> {
    let after: PageEnd | undefined;
    for (let size = firstSize; ; size = PAGE) {
      const { sql, parameters } = pageQuery(this.#layout, path, after, size);
      const rows = await this.#read(() => this.#reader.prepare(sql).all(parameters));
      if (rows.length > 0) yield rows;
      if (rows.length < size) return;
      after = pageEndOf(rows.at(-1)!);
      await nextTurn();
    }
  }

  async #read<R>(attempt: () => R): Promise<R> {
    try {
      return await retryWhileBusy(attempt);
    } catch (error) {
      throw storeFailure(error);
    }
  }
}
