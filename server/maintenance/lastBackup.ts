import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const path = (folder: string): string => join(folder, 'last-backup');

/** Notes in a data folder when its store was backed up. */
export const recordBackup = (folder: string, at: Date): void =>
  writeFileSync(path(folder), `${at.toISOString()}\n`, { mode: 0o600 });

/** When the store of a data folder was last backed up; undefined where that is not known. */
export function lastBackup(folder: string): Date | undefined {
  try {
    const at = new Date(readFileSync(path(folder), 'utf8').trim());
    return Number.isNaN(at.getTime()) ? undefined : at;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
