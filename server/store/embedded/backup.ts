import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Document, StoreRefused } from '../documents.js';
import { decode } from './codec.js';
import { storePath } from './file.js';
import { retryWhileBusy } from './retryWhileBusy.js';
import { Batch, name, Reader } from './sqlite.js';
import { APPLICATION, USER_VERSION, VERSION, versionOf } from './version.js';

/** What is in a copy of the store that passed its checks. */
export interface CheckedCopy {
  /** SQLite's `user_version`: version and generation of the tables. */
  readonly userVersion: number;
  /** Documents by collection. */
  readonly counts: Readonly<Record<string, number>>;
  /** The documents of one collection. */
  documents<T extends Document>(collection: string): T[];
  /** Those whose ids begin with `prefix`, from the last id on, at most `limit`. */
  lastOf<T extends Document>(collection: string, prefix: string, limit: number): T[];
  close(): void;
}

/**
 * Writes a consistent copy of the store in `folder` to `target` while processes
 * write to it: everything that was committed before is in it. The copy appears
 * under its name once it is whole and on the disk. Throws StoreRefused.
 */
export async function copyStore(folder: string, target: string): Promise<void> {
  const source = storePath(folder);
  if (!existsSync(source)) throw new StoreRefused(`There is no store in ${folder}: ${source} does not exist`);
  if (existsSync(target)) throw new StoreRefused(`${target} exists already: a backup never replaces a file`);
  const draft = `${target}.${process.pid}.part`;
  // SQLite keeps the permissions of a file that is empty.
  closeSync(openSync(draft, 'wx', 0o600));
  try {
    // Run without being prepared: a prepared statement would keep the connection, and its lock, until it is collected.
    const batch = new Batch(source);
    try {
      await retryWhileBusy(() => batch.exec(`VACUUM INTO '${draft.replaceAll("'", "''")}'`));
    } finally {
      batch.close();
    }
    openCopy(draft).close();
    sync(draft);
    // Unlike a rename, a link never replaces a file that has appeared meanwhile.
    linkSync(draft, target);
    sync(dirname(target));
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Opens a copy and checks it as a whole. Throws StoreRefused naming what is wrong with it. */
export function openCopy(path: string): CheckedCopy {
  if (!existsSync(path)) throw new StoreRefused(`${path} does not exist`);
  const reader = new Reader(path);
  try {
    const one = (sql: string) => reader.prepare(sql).get([])?.[0];
    const integrity = one('PRAGMA integrity_check');
    if (integrity !== 'ok') throw new StoreRefused(`${path} is damaged: ${integrity}`);
    if (one('PRAGMA application_id') !== APPLICATION)
      throw new StoreRefused(`${path} is not a store of Countersign`);
    const userVersion = one(USER_VERSION) as number;
    if (versionOf(userVersion) > VERSION)
      throw new StoreRefused(`${path} was written by a newer release; use that release`);
    const collections = reader
      .prepare('SELECT "collection" FROM "_layouts"')
      .all([])
      .map(([one]) => String(one));
    return {
      userVersion,
      counts: Object.fromEntries(
        collections.map((collection) => [
          collection,
          one(`SELECT count(*) FROM ${name(collection)}`) as number,
        ]),
      ),
      documents: <T extends Document>(collection: string) =>
        reader
          .prepare(`SELECT "_document" FROM ${name(collection)}`)
          .all([])
          .map(([text]) => decode<T>(text as string)),
      lastOf: <T extends Document>(collection: string, prefix: string, limit: number) =>
        reader
          .prepare(
            `SELECT "_document" FROM ${name(collection)} WHERE "_id" >= ? AND "_id" < ? ORDER BY "_id" DESC LIMIT ?`,
          )
          .all([prefix, `${prefix}\u{10ffff}`, limit])
          .map(([text]) => decode<T>(text as string)),
      close: () => reader.close(),
    };
  } catch (error) {
    reader.close();
    if (error instanceof StoreRefused) throw error;
    throw new StoreRefused(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** Makes what was written to a file, or the names in a folder, survive a crash. */
export function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Where a store is prepared before it replaces the one in `folder`: on the same disk, so that a rename is enough. */
export const stagingFolder = (folder: string): string => join(folder, 'restoring');
