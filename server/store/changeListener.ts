import type { Collection, Document, Documents, Update } from './documents.js';

/** Receives a document as it is after it was stored, or changed by `update`. Must neither throw nor change it. */
export type ChangeListener<T extends Document> = (document: T, update?: Update) => void;

/**
 * The same documents. `onChange` is called with every document of one collection
 * that is stored or changed through them, once the write has succeeded.
 */
export function notifyOnChange<T extends Document>(
  documents: Documents,
  name: string,
  onChange: ChangeListener<T>,
): Documents {
  const collection = <D extends Document>(wanted: string): Collection<D> => {
    const plain = documents.collection<D>(wanted);
    return wanted === name ? (notifyingCollection(plain as never, onChange) as never) : plain;
  };
  return { collection, ping: () => documents.ping(), close: () => documents.close() };
}

function notifyingCollection<T extends Document>(
  plain: Collection<T>,
  onChange: ChangeListener<T>,
): Collection<T> {
  return {
    async insertOne(document) {
      await plain.insertOne(document);
      onChange(document);
    },
    async findOneAndUpdate(filter, update, seen) {
      const changed = await plain.findOneAndUpdate(filter, update, seen);
      if (changed) onChange(changed, update);
      return changed;
    },
    async updateOne(filter, update) {
      // The listener wants the document.
      const changed = await plain.findOneAndUpdate(filter, update);
      if (changed) onChange(changed, update);
    },
    findOne: (filter) => plain.findOne(filter),
    find: (filter, options) => plain.find(filter, options),
    deleteOne: (filter) => plain.deleteOne(filter),
    deleteMany: (filter) => plain.deleteMany(filter),
  };
}
