import { mkdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../platform/clock.js';
import type { ApiKeys } from './apiKeys.js';

/**
 * Keys that were revoked, kept outside the store: a restored backup does not
 * know of those revoked since, and they would be accepted again.
 */
export interface RevokedLog {
  /** Resolves when the entry is on the disk. */
  append(key: string): Promise<void>;
}

/** A revoked key: its SHA-256, as the store has it in `_id`. */
export interface RevokedKey {
  readonly key: string;
  readonly at: Date;
}

const path = (folder: string): string => join(folder, 'revoked.log');

/** The log in a data folder, one line `<time> <key>` for each revocation. Any number of processes may append. */
export function createRevokedLog(folder: string, clock: Clock): RevokedLog {
  return {
    async append(key) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const file = await open(path(folder), 'a', 0o600);
      try {
        // One write of a short line: appends of several processes do not mix.
        await file.write(`${new Date(clock.now()).toISOString()} ${key}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
    },
  };
}

/** The same keys, each revocation logged before it is stored: after a crash in between, the log has a key too many. */
export const logRevocations = (keys: ApiKeys, log: RevokedLog): ApiKeys => ({
  ...keys,
  async revoke(_id) {
    await log.append(_id);
    await keys.revoke(_id);
  },
});

/** The entries of the log; undefined where there is none. A line that a crash has cut short is left out. */
export function readRevokedLog(folder: string): readonly RevokedKey[] | undefined {
  try {
    return readFileSync(path(folder), 'utf8')
      .split('\n')
      .map((line) => /^(\S+Z) (\S{43,})$/.exec(line))
      .flatMap((found) => (found ? { at: new Date(found[1]!), key: found[2]! } : []));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
