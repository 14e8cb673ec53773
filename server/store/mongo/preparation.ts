import type { Db, IndexDescription } from 'mongodb';
import type { CollectionSpec, IndexField } from '../collections.js';
import { StoreRefused } from '../documents.js';
import { PURGE } from '../indexChoice.js';

const NAMESPACE_EXISTS = 48;

/** Refuses a server that takes no writes; replication moves the role, but not under a direct connection. */
export async function checkWritable(database: Db, where: string): Promise<void> {
  const hello = await database.command({ hello: 1 });
  if (!hello.isWritablePrimary) {
    throw new StoreRefused(
      `MongoDB at ${where} is not the primary of its replica set; name the whole set in MONGODB_URI (replicaSet=…) and leave directConnection out`,
    );
  }
}

/** Makes the collections and indexes that are missing; what exists stays as it is. */
export async function createMissing(
  database: Db,
  collections: readonly CollectionSpec[],
  ttl: boolean,
): Promise<void> {
  const existing = new Set(
    (await database.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
  );
  for (const spec of collections) {
    if (!existing.has(spec.name)) await createCollection(database, spec.name);
    const indexes = indexesOf(spec, ttl);
    if (indexes.length > 0) await database.collection(spec.name).createIndexes(indexes);
  }
}

/** Several processes may start at once, and one of them is first. */
async function createCollection(database: Db, name: string): Promise<void> {
  try {
    await database.createCollection(name);
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== NAMESPACE_EXISTS) throw error;
  }
}

function indexesOf(spec: CollectionSpec, ttl: boolean): IndexDescription[] {
  const indexes = spec.indexes.map((fields) => ({
    key: Object.fromEntries(fields.map(({ path, direction }) => [path, direction ?? 1])),
    partialFilterExpression: { [(fields[0] as IndexField).path]: { $exists: true } },
  }));
  return ttl && spec.ttl ? [...indexes, { key: { [PURGE.path]: 1 }, expireAfterSeconds: 0 }] : indexes;
}
