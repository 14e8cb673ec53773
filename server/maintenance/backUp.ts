import { VERSION } from '../platform/version.js';
import { copyStore, openCopy } from '../store/embedded/backup.js';
import { recordBackup } from './lastBackup.js';
import { type Manifest, masterKeysOf, sha256Of, writeManifest } from './manifest.js';

/**
 * Backs the store of a data folder up into a file, while the service runs or
 * not. Nothing else of the folder is in it, the master keys least of all. Throws
 * StoreRefused.
 */
export async function backUp(folder: string, target: string, now: number): Promise<Manifest> {
  await copyStore(folder, target);
  const copy = openCopy(target);
  try {
    const manifest: Manifest = {
      at: new Date(now),
      release: VERSION,
      userVersion: copy.userVersion,
      counts: copy.counts,
      sha256: await sha256Of(target),
      masterKeys: masterKeysOf(copy),
    };
    writeManifest(target, manifest);
    recordBackup(folder, manifest.at);
    return manifest;
  } finally {
    copy.close();
  }
}
