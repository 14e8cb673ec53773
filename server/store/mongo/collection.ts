import type { Collection as DriverCollection } from 'mongodb';
import type { Collection, Cursor, Document, Filter, FindOptions, Update } from '../documents.js';
import { asDriver } from './asDriver.js';
import type { Deadline } from './deadline.js';
import { createGroupedInserts, type Insert } from './groupedInserts.js';
import { createGroupedUpdates, type GroupedUpdate } from './groupedUpdates.js';

type Addressed = Filter & { readonly _id: string };

/** One collection of the driver. The port is a part of the driver's own language, so nothing is translated. */
export class MongoCollection<T extends Document> implements Collection<T> {
  readonly #collection: DriverCollection<Document>;
  readonly #deadline: Deadline;
  readonly #insert: Insert;
  readonly #update: GroupedUpdate<T>;

  constructor(collection: DriverCollection<Document>, deadline: Deadline) {
    this.#collection = collection;
    this.#deadline = deadline;
    this.#insert = createGroupedInserts(collection);
    this.#update = createGroupedUpdates(collection);
  }

  async insertOne(document: T): Promise<void> {
    await this.#deadline.within(this.#insert(document));
  }

  findOne(filter: Filter): Promise<T | null> {
    return this.#deadline.within(this.#collection.findOne<T>(asDriver(filter)));
  }

  findOneAndUpdate(filter: Addressed, update: Update, seen?: T): Promise<T | null> {
    if (seen) return this.#deadline.within(this.#update({ filter, update, seen }));
    const updated = this.#collection.findOneAndUpdate(asDriver(filter), update, { returnDocument: 'after' });
    return this.#deadline.within(updated as Promise<T | null>);
  }

  async updateOne(filter: Addressed, update: Update): Promise<void> {
    await this.#deadline.within(this.#update({ filter, update }));
  }

  find(filter: Filter, options: FindOptions): Cursor<T> {
    const read = () => this.#documents(filter, options);
    return {
      [Symbol.asyncIterator]: read,
      async toArray() {
        const documents: T[] = [];
        for await (const document of read()) documents.push(document);
        return documents;
      },
    };
  }

  async deleteOne(filter: Addressed): Promise<number> {
    return (await this.#deadline.within(this.#collection.deleteOne(asDriver(filter)))).deletedCount;
  }

  async deleteMany(filter: Filter): Promise<number> {
    return (await this.#deadline.within(this.#collection.deleteMany(asDriver(filter)))).deletedCount;
  }

  async *#documents(filter: Filter, options: FindOptions): AsyncGenerator<T, void> {
    const cursor = this.#collection.find<T>(asDriver(filter), { ...options });
    try {
      for (;;) {
        const document = await this.#deadline.within(cursor.next());
        if (document === null) return;
        yield document;
      }
    } finally {
      // Not awaited: a caller that stops early does not need the server's confirmation.
      cursor.close().catch(() => {});
    }
  }
}
