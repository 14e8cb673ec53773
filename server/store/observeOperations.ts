import type { Collection, Cursor, Document, Documents } from './documents.js';

/** The operations of a collection. */
export type Operation = Exclude<keyof Collection, symbol>;

/** Told of each operation when it begins; what it returns is told how it ended. `error`: what it was refused or failed with. */
export type Observer = (collection: string, operation: Operation) => (error?: unknown) => void;

/** The same documents, with every operation told to an observer. Neither waits for it, nor minds what it does. */
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
    findOneAndUpdate: (filter, update) =>
      watch(begin('findOneAndUpdate'), plain.findOneAndUpdate(filter, update)),
    find: (filter, options) => observeCursor(plain.find(filter, options), begin),
    deleteOne: (filter) => watch(begin('deleteOne'), plain.deleteOne(filter)),
    deleteMany: (filter) => watch(begin('deleteMany'), plain.deleteMany(filter)),
  };
}

/** The answer itself, not one made from it: who waits for it waits no longer than before. */
function watch<R>(end: (error?: unknown) => void, answer: Promise<R>): Promise<R> {
  answer.then(() => end(), end);
  return answer;
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
