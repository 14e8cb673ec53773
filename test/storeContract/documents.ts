import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import type { CollectionSpec } from '../../server/store/collections.js';
import type { Collection, Document, Documents } from '../../server/store/documents.js';
import type { Engine, TestStore } from '../support/engines.js';
import { concurrencyContract } from './documents/concurrency.js';
import { findContract } from './documents/find.js';
import { matchContract } from './documents/match.js';
import { refuseContract } from './documents/refuse.js';
import { seenContract } from './documents/seen.js';
import { storeContract } from './documents/store.js';
import { updateContract } from './documents/update.js';

/** Documents of the contract hold anything. */
export interface Thing extends Document {
  readonly [field: string]: unknown;
}

/** What each part of the contract works with. The collection is empty when a test begins. */
export interface ContractContext {
  readonly things: Collection<Thing>;
  /** Indexed like `things`, and not emptied: for the tests that read many. */
  readonly crowd: Collection<Thing>;
  readonly documents: Documents;
  /** Another handle on the same store, as another process would have. */
  another(): Promise<Documents>;
}

export const THINGS: CollectionSpec = {
  name: 'things',
  indexes: [
    [
      { path: 'owner', kind: 'string' },
      { path: '_id', kind: 'string', direction: -1 },
    ],
    [
      { path: 'tags', kind: 'array' },
      { path: '_id', kind: 'string', direction: -1 },
    ],
    [{ path: 'due', kind: 'date' }],
    [{ path: 'inner.due', kind: 'date' }],
  ],
  ttl: true,
};

const COLLECTIONS = [THINGS, { ...THINGS, name: 'crowd' }, { name: 'others', indexes: [], ttl: false }];

/** What every engine of the document port must do. Declares its tests inside the caller's suite. */
export function documentsContract(engine: Engine): void {
  let store: TestStore;
  let documents: Documents;
  beforeAll(async () => {
    store = await engine.newStore();
    documents = await store.open({ collections: COLLECTIONS });
  });
  beforeEach(async () => {
    await documents.collection('things').deleteMany({});
  });
  afterAll(() => documents.close());

  const bench: ContractContext = {
    get documents() {
      return documents;
    },
    get things() {
      return documents.collection<Thing>('things');
    },
    get crowd() {
      return documents.collection<Thing>('crowd');
    },
    another: () => store.open({ collections: COLLECTIONS }),
  };
  describe('keeps documents', () => storeContract(bench));
  describe('matches', () => matchContract(bench));
  describe('updates', () => updateContract(bench));
  describe('updates of documents that were seen', () => seenContract(bench));
  describe('finds', () => findContract(bench));
  describe('refuses', () => refuseContract(bench));
  describe('decides one after another', () => concurrencyContract(bench));
}
