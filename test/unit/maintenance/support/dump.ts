import { COLLECTIONS } from '../../../../server/store/collections.js';
import type { Document, Documents } from '../../../../server/store/documents.js';

/** Every document, as a dump of the database has it. */
export async function dumpOf(documents: Documents): Promise<ReadonlyMap<string, readonly Document[]>> {
  const found = new Map<string, readonly Document[]>();
  for (const { name } of COLLECTIONS) found.set(name, await documents.collection(name).find({}).toArray());
  return found;
}

export async function restoreDump(
  documents: Documents,
  dump: ReadonlyMap<string, readonly Document[]>,
): Promise<void> {
  for (const [name, stored] of dump) {
    const collection = documents.collection(name);
    await collection.deleteMany({});
    for (const document of stored) await collection.insertOne(document);
  }
}
