import { unwrapKey, type WrappedKey } from '../secrets/keyring/keyWrapping.js';
import type { MasterKeys } from '../secrets/keyring/masterKeys.js';
import { SecretsRefused } from '../secrets/keyring/refusal.js';
import { type Document, StoreRefused } from '../store/documents.js';
import { openCopy } from '../store/embedded/backup.js';
import { type Manifest, readManifest, sha256Of } from './manifest.js';

interface StoredKeyring extends Document {
  readonly keys: readonly WrappedKey[];
}

/**
 * Checks that a backup is whole, is the one its manifest describes, and opens
 * with these master keys. Throws StoreRefused or SecretsRefused.
 */
export async function checkBackup(backup: string, masters: MasterKeys | undefined): Promise<Manifest> {
  const manifest = readManifest(backup);
  const copy = openCopy(backup);
  try {
    if ((await sha256Of(backup)) !== manifest.sha256) {
      throw new StoreRefused(`${backup} is not the file that its manifest describes: their SHA-256 differ`);
    }
    if (!masters) {
      throw new SecretsRefused(
        `${backup} needs the master keys ${manifest.masterKeys.join(', ')}, and none is given: set OTP_MASTER_KEYS, or put master.keys into the data folder.`,
      );
    }
    for (const { _id, keys } of copy.documents<StoredKeyring>('keyring')) {
      for (const key of keys) unwrapKey(masters, { document: _id, purpose: _id }, key);
    }
    return manifest;
  } finally {
    copy.close();
  }
}
