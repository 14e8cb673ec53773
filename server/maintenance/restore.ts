import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { type RevokedKey, readRevokedLog } from '../admin/keys/revokedLog.js';
import type { Clock } from '../platform/clock.js';
import type { Random } from '../platform/random.js';
import type { MasterKeys } from '../secrets/keyring/masterKeys.js';
import { StoreRefused } from '../store/documents.js';
import { stagingFolder } from '../store/embedded/backup.js';
import { storePath } from '../store/embedded/file.js';
import { holdStore, replaceStore } from '../store/embedded/replace.js';
import { openEmbedded } from '../store/embedded.js';
import { checkBackup } from './checkBackup.js';
import { type Closed, closeOpen } from './closeOpen.js';
import type { Progress } from './progress.js';

interface Deps {
  readonly clock: Clock;
  readonly random: Random;
  readonly progress: Progress;
}

/** What to restore, and where. */
export interface Restoring {
  readonly backup: string;
  /** The data folder. */
  readonly folder: string;
  readonly masters: MasterKeys | undefined;
  /** Whether a store that is there may be replaced. */
  readonly replace: boolean;
}

export interface RestoreResult extends Closed {
  readonly backupAt: Date;
  /** Where the store is kept that was replaced. */
  readonly kept: string | undefined;
  /** Whether the folder says which API keys were revoked since the backup. */
  readonly knowsRevoked: boolean;
}

/**
 * Restores a backup into a data folder whose service is stopped. The copy is
 * closed (see closeOpen) before it takes the place of what is there, so a start
 * at any moment finds the old store or a restored one in which nothing can be
 * used twice. Throws StoreRefused or SecretsRefused and leaves all as it was.
 */
export async function restore(
  deps: Deps,
  { backup, folder, masters, replace }: Restoring,
): Promise<RestoreResult> {
  const { at: backupAt } = await checkBackup(backup, masters);
  if (existsSync(storePath(folder)) && !replace) {
    throw new StoreRefused(`${folder} has a store already: use --replace, which keeps it under another name`);
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const release = await holdStore(folder);
  const staging = stagingFolder(folder);
  try {
    // Left by a restore that was cut short.
    rmSync(staging, { recursive: true, force: true });
    mkdirSync(staging, { mode: 0o700 });
    const path = storePath(staging);
    copyFileSync(backup, path);
    chmodSync(path, 0o600);
    const revoked = readRevokedLog(folder);
    const closed = await closeCopy(deps, staging, { backupAt, revoked: revoked ?? [] });
    const suffix = `before-restore-${new Date(deps.clock.now()).toISOString().replaceAll(/[:.]/g, '-')}`;
    return {
      ...closed,
      backupAt,
      kept: replaceStore(staging, folder, suffix),
      knowsRevoked: revoked !== undefined,
    };
  } finally {
    rmSync(staging, { recursive: true, force: true });
    release();
  }
}

async function closeCopy(
  deps: Deps,
  staging: string,
  restored: { readonly backupAt: Date; readonly revoked: readonly RevokedKey[] },
): Promise<Closed> {
  const documents = await openEmbedded({ dataDir: staging, clock: deps.clock, ttl: false });
  try {
    return await closeOpen({ ...deps, documents }, restored);
  } finally {
    await documents.close();
  }
}
