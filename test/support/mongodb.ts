import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { describe, inject } from 'vitest';
import { withDatabase } from './mongodb/find.js';
import type {} from './mongodb/globalSetup.js';

/** The MongoDB of this run. */
export interface MongodbForTests {
  /** What it is, for names of suites. */
  readonly title: string;
  /** A connection string for the database `name`. */
  uri(name: string): string;
  drop(name: string): Promise<void>;
}

/** The MongoDB that the run found, if it found one. */
export function mongodbForTests(): MongodbForTests | undefined {
  const provided = inject('mongodb');
  if (!provided) return undefined;
  const { uris } = provided;
  const own = uris[Number(process.env.VITEST_POOL_ID) % uris.length] as string;
  const uri = (name: string) => withDatabase(own, name);
  return {
    title: provided.title,
    uri,
    async drop(name) {
      const client = new MongoClient(uri(name));
      await client.db(name).dropDatabase();
      await client.close();
    },
  };
}

/** A name no other test uses. */
export const freshDatabase = (): string => `countersign_test_${randomBytes(8).toString('hex')}`;

/** A suite that needs MongoDB: skipped by name where the run has none. */
export function describeWithMongo(name: string, suite: (mongodb: MongodbForTests) => void): void {
  const mongodb = mongodbForTests();
  if (mongodb) describe(name, () => suite(mongodb));
  else describe.skip(`${name} (no MongoDB found)`, () => suite(UNUSED));
}

/** Only lets a skipped suite declare its tests. */
const UNUSED: MongodbForTests = { title: 'none', uri: () => '', drop: async () => {} };
