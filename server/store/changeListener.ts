import type { Collection, Document, Documents, Update } from './documents.js';

/** Hears of a document as it is after it was stored, or changed by an update. Must not throw, nor change it. */
export type Tell<T extends Document> = (document: T, update?: Update) => void;

/**
 * The same documents. `tell` hears of every document of one collection that is
 * stored or changed through them, once that is certain.
 */
export function telling<T extends Document>(documents: Documents, name: string, tell: Tell<T>): Documents {
  const collection = <D extends Document>(wanted: string): Collection<D> => {
    const plain = documents.collection<D>(wanted);
    return wanted === name ? (tellingCollection(plain as never, tell) as never) : plain;
  };
  return { collection, ping: () => documents.ping(), close: () => documents.close() };
}

function tellingCollection<T extends Document>(plain: Collection<T>, tell: Tell<T>): Collection<T> {
  return {
    async insertOne(document) {
      await plain.insertOne(document);
      tell(document);
    },
    async findOneAndUpdate(filter, update) {
      const changed = await plain.findOneAndUpdate(filter, update);
      if (changed) tell(changed, update);
      return changed;
    },
    findOne: (filter) => plain.findOne(filter),
    find: (filter, options) => plain.find(filter, options),
    deleteOne: (filter) => plain.deleteOne(filter),
    deleteMany: (filter) => plain.deleteMany(filter),
  };
}
