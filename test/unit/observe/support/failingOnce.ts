import type { Collection, Document, Documents } from '../../../../server/store/documents.js';

/** A store that loses one of its responses. */
export interface FailingOnce {
  readonly documents: Documents;
  /** The next session that is stored cannot be changed the first time. */
  failNext(): void;
}

/** The same documents, but for one update that fails: the one by which a queue takes up a session just made. */
export function failingOnce(documents: Documents): FailingOnce {
  let when: 'never' | 'the next session' | 'the next update' = 'never';
  const watched = <T extends Document>(sessions: Collection<T>): Collection<T> => ({
    async insertOne(document) {
      if (when === 'the next session') when = 'the next update';
      await sessions.insertOne(document);
    },
    async findOneAndUpdate(filter, update) {
      if (when !== 'the next update') return sessions.findOneAndUpdate(filter, update);
      when = 'never';
      throw new Error('the store did not respond');
    },
    updateOne: (filter, update) => sessions.updateOne(filter, update),
    findOne: (filter) => sessions.findOne(filter),
    find: (filter, options) => sessions.find(filter, options),
    deleteOne: (filter) => sessions.deleteOne(filter),
    deleteMany: (filter) => sessions.deleteMany(filter),
  });
  return {
    documents: {
      collection<T extends Document>(name: string) {
        const plain = documents.collection<T>(name);
        return name === 'sessions' ? watched(plain) : plain;
      },
      ping: () => documents.ping(),
      close: () => documents.close(),
    },
    failNext() {
      when = 'the next session';
    },
  };
}
