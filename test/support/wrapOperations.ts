import type { Collection, Document, Documents, Filter } from '../../server/store/documents.js';

/** What an operation is about. */
export interface Target {
  readonly collection: string;
  readonly name: keyof Collection;
  readonly filter?: Filter;
}

/** What is done with an operation on its way to the store: carry it out, now or later, or not. */
export type Around = <T>(operation: () => Promise<T>, target: Target) => Promise<T>;

/** The same documents, with every operation going through `around`. */
export function wrapOperations(documents: Documents, around: Around): Documents {
  return {
    collection<T extends Document>(name: string): Collection<T> {
      const collection = documents.collection<T>(name);
      return {
        insertOne: (document) =>
          around(() => collection.insertOne(document), { collection: name, name: 'insertOne' }),
        findOne: (filter) =>
          around(() => collection.findOne(filter), { collection: name, name: 'findOne', filter }),
        findOneAndUpdate: (filter, update, seen) =>
          around(() => collection.findOneAndUpdate(filter, update, seen), {
            collection: name,
            name: 'findOneAndUpdate',
            filter,
          }),
        updateOne: (filter, update) =>
          around(() => collection.updateOne(filter, update), { collection: name, name: 'updateOne', filter }),
        deleteOne: (filter) =>
          around(() => collection.deleteOne(filter), { collection: name, name: 'deleteOne', filter }),
        deleteMany: (filter) =>
          around(() => collection.deleteMany(filter), { collection: name, name: 'deleteMany', filter }),
        find(filter, options) {
          const toArray = () =>
            around(() => collection.find(filter, options).toArray(), {
              collection: name,
              name: 'find',
              filter,
            });
          return {
            toArray,
            async *[Symbol.asyncIterator]() {
              yield* await toArray();
            },
          };
        },
      };
    },
    ping: () => documents.ping(),
    close: () => documents.close(),
  };
}

/** How the process and its store part: the operation may have been executed all the same. */
export interface Fault {
  /** Which operation, counted from 0. */
  readonly at: number;
  readonly carriedOut: boolean;
  /** `once`: it throws and all later ones work. `down`: all throw from then on. `crash`: none ever completes. */
  readonly kind: 'once' | 'down' | 'crash';
}

export interface Faulty {
  readonly documents: Documents;
  /** Operations begun so far. */
  count(): number;
  /** Resolves when the process is as good as dead: nothing that it waits for will come. */
  readonly crashed: Promise<void>;
}

/** Documents that fail once, from some operation on, or for ever. */
export function failOperation(documents: Documents, { at, carriedOut, kind }: Fault): Faulty {
  let begun = 0;
  let crash = () => {};
  const crashed = new Promise<void>((resolve) => {
    crash = resolve;
  });
  const lost = <T>(): Promise<T> => {
    if (kind !== 'crash') return Promise.reject(new Error('the store did not respond'));
    crash();
    return new Promise(() => {});
  };
  return {
    count: () => begun,
    crashed,
    documents: wrapOperations(documents, async (operation) => {
      const index = begun++;
      if (index < at || (index > at && kind === 'once')) return operation();
      // A refusal of the store is its response, lost like any other.
      if (index === at && carriedOut) await operation().catch(() => {});
      return lost();
    }),
  };
}
