import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { StoreRefused } from '../documents.js';
import { retryWhileBusy } from './retryWhileBusy.js';
import { isBusy, Reader, Writer } from './sqlite.js';
import { APPLICATION, takeOverFirstRelease, VERSION, versionOf } from './version.js';

/** The file of the store in a data folder. */
export const storePath = (folder: string): string => join(folder, 'countersign.db');

/** The database of a data folder, opened twice, because a reader never waits for a writer. */
export interface StoreFile {
  readonly path: string;
  readonly reader: Reader;
  readonly writer: Writer;
}

/** Opens the store in `folder`, making both when they are missing. Throws StoreRefused when that cannot be. */
export async function openFile(folder: string): Promise<StoreFile> {
  const path = storePath(folder);
  makeOwnersOnly(folder, path);
  try {
    await takeOverFirstRelease(path);
    const reader = new Reader(path);
    await retryWhileBusy(() => recognise(reader, path));
    const mode = await retryWhileBusy(() => reader.prepare('PRAGMA journal_mode = WAL').get([])?.[0]);
    if (mode !== 'wal') throw new StoreRefused(`${path}: SQLite cannot keep a write-ahead log there`);
    const writer = new Writer(path);
    await retryWhileBusy(() => writer.exec(`PRAGMA synchronous = FULL; ${SETTINGS}`));
    reader.exec(SETTINGS);
    return { path, reader, writer };
  } catch (error) {
    throw startRefusal(error, path);
  }
}

/**
 * 16 MiB of pages in memory for each connection, and a log of some 16 MiB
 * before it is written back, so that what changes often is written back once.
 * No memory map: a disk error would end the process instead of the operation.
 */
const SETTINGS = 'PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000;';

function makeOwnersOnly(folder: string, path: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // SQLite gives the log beside the file the file's own permissions.
    // Not opened where it exists: closing it would end every lock of SQLite that this process holds on it.
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new StoreRefused(`the data folder ${folder} cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Refuses a file that some other program, or a newer release, keeps its data in. */
function recognise(reader: Reader, path: string): void {
  const pragma = (key: string): unknown => reader.prepare(`PRAGMA ${key}`).get([])?.[0];
  const owner = pragma('application_id');
  const userVersion = pragma('user_version') as number;
  const tables = reader.prepare('SELECT count(*) FROM sqlite_schema').get([])?.[0];
  if (owner !== APPLICATION && !(owner === 0 && userVersion === 0 && tables === 0)) {
    throw new StoreRefused(`${path} is a database of another program; choose another data folder`);
  }
  if (versionOf(userVersion) > VERSION) {
    throw new StoreRefused(`${path} was written by a newer release of Countersign; use that release`);
  }
}

export function startRefusal(error: unknown, path: string): unknown {
  if (error instanceof StoreRefused) return error;
  const why = isBusy(error)
    ? 'another process keeps it locked'
    : error instanceof Error
      ? error.message
      : 'it cannot be opened';
  return new StoreRefused(`${path} cannot be used: ${why}`, { cause: error });
}
