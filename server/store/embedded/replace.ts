import { chmodSync, copyFileSync, existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { StoreRefused } from '../documents.js';
import { sync } from './backup.js';
import { storePath } from './file.js';
import { retryWhileBusy } from './retryWhileBusy.js';
import { Batch, isBusy } from './sqlite.js';

/**
 * Takes the store in `folder` for this process alone until the returned
 * function is called. Throws StoreRefused while another process has it open.
 */
export async function holdStore(folder: string): Promise<() => void> {
  const path = storePath(folder);
  if (!existsSync(path)) return () => {};
  const batch = new Batch(path);
  try {
    // In this mode SQLite locks the file for the connection, not for a transaction; no other process can even read.
    await retryWhileBusy(() => batch.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;'));
  } catch (error) {
    batch.close();
    if (!isBusy(error)) throw error;
    throw new StoreRefused(`${path} is in use: stop every process of the service first`, { cause: error });
  }
  return () => batch.close();
}

/**
 * Puts the store of `staging` in the place of the one in `folder`, which is kept
 * under the returned path. To be called while the store is held; a start at any
 * moment finds the one or the other.
 */
export function replaceStore(staging: string, folder: string, suffix: string): string | undefined {
  const path = storePath(folder);
  const kept = existsSync(path) ? `${path}.${suffix}` : undefined;
  if (kept) linkSync(path, kept);
  // A copy, because a connection of this process may linger on the file of `staging`.
  const fresh = `${path}.restored`;
  copyFileSync(storePath(staging), fresh);
  chmodSync(fresh, 0o600);
  sync(fresh);
  renameSync(fresh, path);
  // They belong to the file that was replaced; its holder has brought the log into it.
  for (const beside of ['-wal', '-shm']) rmSync(`${path}${beside}`, { force: true });
  sync(folder);
  return kept;
}
