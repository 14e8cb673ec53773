import { type Collection, type Document, DuplicateKey } from './documents.js';

/** Stores a new document; false, and nothing done, where its `_id` is taken. */
export async function insertOnce<T extends Document>(
  collection: Pick<Collection<T>, 'insertOne'>,
  document: T,
): Promise<boolean> {
  try {
    await collection.insertOne(document);
    return true;
  } catch (error) {
    if (error instanceof DuplicateKey) return false;
    throw error;
  }
}
