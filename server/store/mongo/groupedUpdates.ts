import { isDeepStrictEqual } from 'node:util';
import { type Collection as DriverCollection, MongoBulkWriteError } from 'mongodb';
import { applyUpdate } from '../applyUpdate.js';
import { copy } from '../copy.js';
import type { Document, Filter, Update } from '../documents.js';
import { valueAt } from '../paths.js';
import { asDriver } from './asDriver.js';
import { partsOf, withCode } from './failures.js';
import { createTurnGroups } from './turnGroups.js';

/** An update whose result the server need not return. */
interface Blind<T extends Document> {
  readonly filter: Filter & { readonly _id: string };
  readonly update: Update;
  /** The document as the caller has seen it; see Collection.findOneAndUpdate. Absent where the result is not wanted. */
  readonly seen?: T;
}

interface Waiting<T extends Document> extends Blind<T> {
  resolve(after: T | null): void;
  reject(error: unknown): void;
}

/** Changes one document and returns it as it is afterwards; null when it does not match, and where it was not seen. */
export type GroupedUpdate<T extends Document> = (update: Blind<T>) => Promise<T | null>;

/**
 * Sends the updates of one turn of the event loop as one command. What a document
 * becomes that its caller has seen is worked out, so the server need not return it.
 * It only says how many matched; unless all did, those seen are read to see which.
 * The updates of one document go one after another, in the order of the calls.
 */
export function createGroupedUpdates<T extends Document>(
  collection: DriverCollection<Document>,
): GroupedUpdate<T> {
  /** By `_id`: of the updates that have no result yet, the latest. */
  const latest = new Map<string, Promise<unknown>>();

  async function send(group: readonly Waiting<T>[]): Promise<number> {
    const [first, second] = group;
    if (first && !second)
      return (await collection.updateOne(asDriver(first.filter), first.update)).matchedCount;
    const operations = group.map(({ filter, update }) => ({
      updateOne: { filter: asDriver(filter), update },
    }));
    return (await collection.bulkWrite(operations, { ordered: false })).matchedCount;
  }

  async function run(group: readonly Waiting<T>[]): Promise<void> {
    try {
      await finish(group, await send(group));
    } catch (error) {
      if (error instanceof MongoBulkWriteError) await settle(group, error);
      else for (const { reject } of group) reject(error);
    }
  }

  /** Those that the server refused have each its own error; the others are stored as far as they matched. */
  async function settle(group: readonly Waiting<T>[], error: MongoBulkWriteError): Promise<void> {
    const { refused, unconfirmed } = partsOf(error);
    for (const [index, { reject }] of group.entries()) {
      const own = refused.get(index);
      if (own) reject(withCode(error, own));
      else if (unconfirmed) reject(error);
    }
    if (unconfirmed) return;
    const others = group.filter((_, index) => !refused.has(index));
    await finish(others, error.result.matchedCount).catch((failed) => {
      for (const { reject } of others) reject(failed);
    });
  }

  async function finish(group: readonly Waiting<T>[], matched: number): Promise<void> {
    if (matched === group.length) for (const one of group) one.resolve(afterwards(one));
    else if (matched === 0) for (const { resolve } of group) resolve(null);
    else await readResults(group);
  }

  async function readResults(group: readonly Waiting<T>[]): Promise<void> {
    const ids = group.flatMap(({ filter, seen }) => (seen ? [filter._id] : []));
    const found = ids.length > 0 ? await collection.find<T>({ _id: { $in: ids } }).toArray() : [];
    const stored = new Map(found.map((document) => [document._id, document]));
    for (const one of group) {
      const document = stored.get(one.filter._id);
      one.resolve(document && isChangedBy(document, one) ? document : null);
    }
  }

  const add = createTurnGroups<Waiting<T>>((group) => void run(group));
  const next = (update: Blind<T>): Promise<T | null> =>
    new Promise((resolve, reject) => add({ ...update, resolve, reject }));

  return (update) => {
    const { _id } = update.filter;
    const earlier = latest.get(_id);
    const result = earlier ? earlier.then(ignore, ignore).then(() => next(update)) : next(update);
    latest.set(_id, result);
    const forget = () => {
      if (latest.get(_id) === result) latest.delete(_id);
    };
    result.then(forget, forget);
    return result;
  };
}

const ignore = () => {};

function afterwards<T extends Document>({ seen, update }: Blind<T>): T | null {
  if (!seen) return null;
  const document = copy(seen);
  applyUpdate(document, update);
  return document;
}

/** The update raises the revision that its filter names, so what has all that it makes of the document was changed by it. */
function isChangedBy<T extends Document>(stored: T, one: Blind<T>): boolean {
  const made = afterwards(one);
  if (!made) return false;
  const touched = Object.values(one.update).flatMap((fields) => Object.keys(fields));
  return touched.every((path) => isDeepStrictEqual(valueAt(stored, path), valueAt(made, path)));
}
