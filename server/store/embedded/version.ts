import { StoreRefused } from '../documents.js';
import { retryWhileBusy } from './retryWhileBusy.js';
import { Batch, isBusy, isCheckFailure } from './sqlite.js';

/** Says whose file it is (sqlite.org/fileformat.html, application ID): "OTPc". */
export const APPLICATION = 0x4f545063;

/** The version of the file's form; a file with a higher one belongs to a newer release. */
export const VERSION = 2;

/**
 * SQLite's `user_version` holds the version in its low byte and above it the
 * generation: how often tables have been rebuilt. Each write transaction reads
 * it, so that a process whose tables another release has rebuilt writes nothing
 * that the new indexes would miss.
 */
const GENERATION_STEP = 256;

export const USER_VERSION = 'PRAGMA user_version';

export const versionOf = (userVersion: number): number => userVersion % GENERATION_STEP;

/** The `user_version` of a file after `before`; of the next generation where tables were made or rebuilt. */
export function nextUserVersion(before: number, rebuilt: boolean): number {
  const generation = Math.floor(before / GENERATION_STEP) + (rebuilt ? 1 : 0);
  return generation * GENERATION_STEP + VERSION;
}

/** What a process says that may not write any more. */
export const rebuiltBy = (path: string): StoreRefused =>
  new StoreRefused(
    `${path}: another release of Countersign has rebuilt the tables, so this process ends. Start the release that is installed now.`,
  );

/** Fails on a file of release 0.1, which wrote 1 and no generation, and on no other. */
const REFUSE_FIRST_RELEASE = `
  CREATE TEMP TABLE "found" ("version" INTEGER CHECK ("version" <> 1));
  INSERT INTO "found" SELECT user_version FROM pragma_user_version, pragma_application_id
    WHERE application_id = ${APPLICATION};`;

/**
 * Release 0.1 reads no generation, so it must not have the file open when this
 * release marks it as its own; from then on 0.1 refuses to open it. Throws
 * StoreRefused while another process has it open.
 *
 * Statements are run without being prepared: a prepared one would keep the
 * connection, and its lock, until it is collected.
 */
export async function takeOverFirstRelease(path: string): Promise<void> {
  try {
    await retryWhileBusy(() => {
      if (isOfFirstRelease(path)) markExclusively(path);
    });
  } catch (error) {
    if (!isBusy(error) || !isOfFirstRelease(path)) throw error;
    throw new StoreRefused(
      `${path} is in use by release 0.1 of Countersign, which cannot share it with this release: stop that process, then start this one`,
      { cause: error },
    );
  }
}

const isOfFirstRelease = (path: string): boolean => withBatch(path, (batch) => isFirst(batch, ''));

/** An exclusive lock is only to be had while no other process has the file open; it ends with the connection. */
function markExclusively(path: string): void {
  withBatch(path, (batch) => {
    if (isFirst(batch, 'PRAGMA locking_mode = EXCLUSIVE;')) {
      batch.exec(`PRAGMA user_version = ${nextUserVersion(0, true)}`);
    }
  });
}

function isFirst(batch: Batch, before: string): boolean {
  try {
    batch.exec(before + REFUSE_FIRST_RELEASE);
    return false;
  } catch (error) {
    if (isCheckFailure(error)) return true;
    throw error;
  }
}

function withBatch<T>(path: string, use: (batch: Batch) => T): T {
  const batch = new Batch(path);
  try {
    return use(batch);
  } finally {
    batch.close();
  }
}
