import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../observe/log.js';
import type { Clock } from '../../platform/clock.js';
import type { Random } from '../../platform/random.js';
import type { Documents } from '../documents.js';
import { Batch, isBusy } from '../embedded/sqlite.js';
import { insertOnce } from '../insertOnce.js';
import { lookRepeatedly, type Processes } from './processes.js';
import { isTakenOver, purgeTime, type StoredProcess } from './stored.js';

interface Deps {
  /** Where each process has a file. */
  readonly folder: string;
  readonly documents: Documents;
  readonly clock: Clock;
  readonly random: Pick<Random, 'bytes'>;
  readonly log: Logger;
}

const ID = /^[0-9a-f]{32}$/;

/** The file of a process, and its marks beside it. */
export const marksPath = (folder: string, id: string): string => join(folder, `${id}.sent`);

/**
 * The processes on one machine that share an embedded store. Each holds an
 * exclusive lock on an empty SQLite file for as long as it lives; the system
 * ends the lock with the process, however that ends, and keeps it while the
 * process is stopped.
 *
 * Nothing but SQLite may open such a file in the process that holds it: on POSIX
 * systems, closing any other handle to it would end the lock.
 */
export function createProcessFiles({ folder, documents, clock, random, log }: Deps): Processes {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const own = lockOwnFile(folder, random);
  let stopLooking = async () => {};

  /** Runs `use` while no process holds the file of `id`; false where one does. */
  async function whileEnded(id: string, use: () => Promise<void>): Promise<boolean> {
    const probe = new Batch(join(folder, id));
    try {
      probe.exec('BEGIN IMMEDIATE');
      await use();
      return true;
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    } finally {
      probe.close();
    }
  }

  return {
    id: own.id,
    mayBegin: () => true,
    async hasEnded(id) {
      if (id === own.id) return false;
      if (ID.test(id) && existsSync(join(folder, id))) return whileEnded(id, async () => {});
      return isTakenOver(documents, id);
    },
    async start(takeOver) {
      const processes = documents.collection<StoredProcess>('processes');
      const look = async () => {
        for (const id of readdirSync(folder)) {
          if (!ID.test(id) || id === own.id) continue;
          await whileEnded(id, async () => {
            await takeOver(id);
            const now = clock.now();
            await insertOnce(processes, {
              _id: id,
              beats: 0,
              endedAt: new Date(now),
              purgeAt: purgeTime(now),
            });
            removeFiles(folder, id);
          });
        }
      };
      stopLooking = await lookRepeatedly(look, { clock, log });
    },
    async stop() {
      await stopLooking();
      removeFiles(folder, own.id);
      own.lock.close();
    },
  };
}

function lockOwnFile(folder: string, random: Pick<Random, 'bytes'>): { id: string; lock: Batch } {
  for (;;) {
    const id = random.bytes(16).toString('hex');
    const path = join(folder, id);
    const lock = new Batch(path);
    try {
      lock.exec('BEGIN EXCLUSIVE');
      // Another process may have found it before it was locked, and removed it.
      if (existsSync(path)) return { id, lock };
      lock.close();
    } catch (error) {
      lock.close();
      if (!isBusy(error)) throw error;
    }
  }
}

function removeFiles(folder: string, id: string): void {
  const path = join(folder, id);
  for (const file of [marksPath(folder, id), `${path}-journal`, path]) rmSync(file, { force: true });
}
