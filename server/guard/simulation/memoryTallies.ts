import { applyUpdate } from '../../store/applyUpdate.js';
import { type Collection, type Document, type Documents, DuplicateKey } from '../../store/documents.js';
import { createTallies, type Tallies } from '../tally.js';

/** Tallies in memory, for one simulation: the counts of the guard and nothing else. */
export function createMemoryTallies(): Tallies {
  const stored = new Map<string, Document>();
  const unused = (): never => {
    throw new Error('the guard does not read or delete several tallies while it counts');
  };
  const limits: Collection<Document> = {
    async insertOne(document) {
      if (stored.has(document._id)) throw new DuplicateKey(document._id);
      stored.set(document._id, document);
    },
    findOne: async ({ _id }) => stored.get(_id as string) ?? null,
    async findOneAndUpdate({ _id }, update) {
      const document = stored.get(_id);
      // In place: nothing reads a tally after the next change to it.
      if (document) applyUpdate(document, update);
      return document ?? null;
    },
    updateOne: unused,
    find: unused,
    deleteOne: unused,
    deleteMany: unused,
  };
  const documents: Pick<Documents, 'collection'> = {
    collection: <T extends Document>() => limits as unknown as Collection<T>,
  };
  return createTallies(documents);
}
