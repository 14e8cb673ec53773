import type { Collection, Document, Documents } from './documents.js';

/**
 * The same documents. `tell` hears of every document of one collection that is
 * stored or changed through them, as it is afterwards and once that is certain.
 * It must not throw, nor change the document.
 */
export function telling<T extends Document>(
  documents: Documents,
  name: string,
  tell: (document: T) => void,
): Documents {
  const collection = <D extends Document>(wanted: string): Collection<D> => {
    const plain = documents.collection<D>(wanted);
    return wanted === name ? (tellingCollection(plain as never, tell) as never) : plain;
  };
  return { collection, ping: () => documents.ping(), close: () => documents.close() };
}

function tellingCollection<T extends Document>(
  plain: Collection<T>,
  tell: (document: T) => void,
): Collection<T> {
  return {
    async insertOne(document) {
      await plain.insertOne(document);
      tell(document);
    },
    async findOneAndUpdate(filter, update) {
      const changed = await plain.findOneAndUpdate(filter, update);
      if (changed) tell(changed);
      return changed;
    },
    findOne: (filter) => plain.findOne(filter),
    find: (filter, options) => plain.find(filter, options),
    deleteOne: (filter) => plain.deleteOne(filter),
    deleteMany: (filter) => plain.deleteMany(filter),
  };
}
