import { type Collection as DriverCollection, MongoBulkWriteError } from 'mongodb';
import { type Document, DuplicateKey } from '../documents.js';
import { DUPLICATE_KEY, isDuplicateKey, partsOf, withCode } from './failures.js';
import { createTurnGroups } from './turnGroups.js';

interface Waiting {
  readonly document: Document;
  resolve(): void;
  reject(error: unknown): void;
}

/** Inserts one document. Throws DuplicateKey where its `_id` is taken, else what the driver throws. */
export type Insert = (document: Document) => Promise<void>;

/**
 * Sends the inserts of one turn of the event loop as one command: most of what a
 * command costs is the driver's, however much it holds. Unordered, so one that
 * fails stops no other, and each gets its own result. None waits longer for it
 * than the turn takes, and one that is alone is sent as it always was.
 */
export function createGroupedInserts(collection: DriverCollection<Document>): Insert {
  const alone = (document: Document): Promise<void> =>
    collection.insertOne(document).then(
      () => {},
      (error) => {
        throw isDuplicateKey(error) ? new DuplicateKey(document._id) : error;
      },
    );

  async function together(group: readonly Waiting[]): Promise<void> {
    try {
      await collection.insertMany(
        group.map(({ document }) => document),
        { ordered: false },
      );
      for (const { resolve } of group) resolve();
    } catch (error) {
      // The driver refused a document before anything was sent: which one, only asking one by one shows.
      if (!(error instanceof MongoBulkWriteError)) return each(group);
      settle(group, error);
    }
  }

  function each(group: readonly Waiting[]): void {
    for (const { document, resolve, reject } of group) alone(document).then(resolve, reject);
  }

  const add = createTurnGroups<Waiting>((group) => {
    if (group.length === 1) each(group);
    else void together(group);
  });

  return (document) => new Promise((resolve, reject) => add({ document, resolve, reject }));
}

/** The result of each document of a command that did not succeed as a whole. */
function settle(group: readonly Waiting[], error: MongoBulkWriteError): void {
  const { refused, unconfirmed } = partsOf(error);
  for (const [index, { document, resolve, reject }] of group.entries()) {
    const own = refused.get(index);
    if (own) reject(own.code === DUPLICATE_KEY ? new DuplicateKey(document._id) : withCode(error, own));
    else if (unconfirmed) reject(error);
    else resolve();
  }
}
