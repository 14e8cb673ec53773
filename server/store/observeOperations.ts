import type { Collection, Cursor, Document, Documents } from './documents.js';

/** The operations of a collection. */
export type Operation = Exclude<keyof Collection, symbol>;

/** Called when an operation begins; the function it returns is called when it ends. `error`: why it was refused or failed. */
export type Observer = (collection: string, operation: Operation) => (error?: unknown) => void;

/** The same documents, with an observer of every operation, which is not awaited. */
export function observeOperations(documents: Documents, observer: Observer): Documents {
  return {
    collection: (name) =>
      observeCollection(documents.collection(name), (operation) => observer(name, operation)),
    ping: () => documents.ping(),
    close: () => documents.close(),
  };
}

type Begin = (operation: Operation) => (error?: unknown) => void;

function observeCollection<T extends Document>(plain: Collection<T>, begin: Begin): Collection<T> {
  return {
    insertOne: (document) => watch(begin('insertOne'), plain.insertOne(document)),
    findOne: (filter) => watch(begin('findOne'), plain.findOne(filter)),
    findOneAndUpdate: (filter, update, seen) =>
      watch(begin('findOneAndUpdate'), plain.findOneAndUpdate(filter, update, seen)),
    updateOne: (filter, update) => watch(begin('updateOne'), plain.updateOne(filter, update)),
    find: (filter, options) => observeCursor(plain.find(filter, options), begin),
    deleteOne: (filter) => watch(begin('deleteOne'), plain.deleteOne(filter)),
    deleteMany: (filter) => watch(begin('deleteMany'), plain.deleteMany(filter)),
  };
}

/** Returns the promise itself and not one derived from it, so that observing delays no caller. */
function watch<R>(end: (error?: unknown) => void, result: Promise<R>): Promise<R> {
  result.then(() => end(), end);
  return result;
}

function observeCursor<T>(plain: Cursor<T>, begin: Begin): Cursor<T> {
  return {
    toArray: () => watch(begin('find'), plain.toArray()),
    async *[Symbol.asyncIterator]() {
      const end = begin('find');
      let failed: unknown;
      try {
        yield* plain;
      } catch (error) {
        failed = error;
        throw error;
      } finally {
        end(failed);
      }
    },
  };
}
