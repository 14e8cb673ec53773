import type { Collection, Document, Scalar } from './documents.js';
import { AFTER_ALL_KEYS, afterKeysOf, dueKey, workspaceOfKey } from './dueKey.js';

/** Pages read in one go; the next one continues where this one ended. */
const PAGES = 16;

interface Options<T extends Document> {
  readonly collection: Collection<T>;
  /** The indexed text field that holds the document's dueKey. */
  readonly key: keyof T & string;
  /** The date field that says when a document is due: the truth, of which the key is a hint. */
  readonly due: keyof T & string;
  readonly batch: number;
  /** Takes a due document; false where its workspace has its share. */
  readonly take: (document: T) => boolean;
  readonly now: () => number;
}

/** Looks for due documents by their keys. */
export interface DueRounds {
  /** Reads the next pages of the round over all workspaces. */
  next(): Promise<void>;
  /** Workspaces that have more due documents than were taken. */
  readonly behind: ReadonlySet<string>;
  /** Takes more of one workspace. */
  refill(workspace: string): Promise<void>;
}

/**
 * Goes round the workspaces that have work: of each its earliest documents, so
 * that however much is due in one, all others are seen within a round.
 */
export function createDueRounds<T extends Document>(options: Options<T>): DueRounds {
  const { collection, key, due, batch, take, now } = options;
  const behind = new Set<string>();
  let cursor = '';

  const pageAfter = (after: string, before: string) =>
    collection.find({ [key]: { $gt: after, $lt: before } }, { sort: { [key]: 1 }, limit: batch }).toArray();

  const keyOf = (document: T) => document[key] as string;

  const isDue = (document: T) => {
    const dueAt = document[due] as Date | undefined;
    return dueAt !== undefined && dueAt.getTime() <= now();
  };

  /** A process of an earlier release changes the date and not the key. */
  async function correct(document: T, workspace: string): Promise<void> {
    const dueAt = document[due] as Date | undefined;
    const right = dueAt && dueKey(workspace, dueAt);
    if (right === keyOf(document)) return;
    const seen = { _id: document._id, [key]: keyOf(document), [due]: (dueAt ?? null) as Scalar };
    await collection.findOneAndUpdate(seen, right ? { $set: { [key]: right } } : { $unset: { [key]: '' } });
  }

  async function takeOf(workspace: string, page: readonly T[]): Promise<void> {
    let refused = false;
    for (const document of page) {
      if (!isDue(document)) await correct(document, workspace);
      else if (!take(document)) refused = true;
    }
    const last = page.at(-1);
    const more = page.length === batch && last !== undefined && isDue(last);
    if (refused || more) behind.add(workspace);
    else behind.delete(workspace);
  }

  return {
    behind,
    async next() {
      for (let page = 0; page < PAGES; page++) {
        const found = await pageAfter(cursor, AFTER_ALL_KEYS);
        const byWorkspace = new Map<string, T[]>();
        for (const document of found) {
          const workspace = workspaceOfKey(keyOf(document));
          const others = byWorkspace.get(workspace);
          if (others) others.push(document);
          else byWorkspace.set(workspace, [document]);
        }
        for (const [workspace, documents] of byWorkspace) await takeOf(workspace, documents);
        const last = found.at(-1);
        if (found.length < batch || !last) {
          cursor = '';
          return;
        }
        cursor = byWorkspace.size === 1 ? afterKeysOf(workspaceOfKey(keyOf(last))) : keyOf(last);
      }
    },
    async refill(workspace) {
      await takeOf(workspace, await pageAfter(`${workspace}/`, afterKeysOf(workspace)));
    },
  };
}
