import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Document } from '../store/documents.js';
import { StoreRefused } from '../store/documents.js';
import type { CheckedCopy } from '../store/embedded/backup.js';

const SCHEMA = z.object({
  /** When it was begun: everything committed before is in it. */
  at: z.iso.datetime().transform((text) => new Date(text)),
  /** The release that wrote it. */
  release: z.string(),
  /** SQLite's `user_version`. */
  userVersion: z.number(),
  counts: z.record(z.string(), z.number()),
  sha256: z.string(),
  /** Ids of the master keys without which nothing in it can be read. */
  masterKeys: z.array(z.string()),
});

/** What is known of a backup without opening it: the file `<backup>.json`. */
export type Manifest = z.output<typeof SCHEMA>;

const pathOf = (backup: string): string => `${backup}.json`;

export function writeManifest(backup: string, manifest: Manifest): void {
  writeFileSync(pathOf(backup), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
}

export function readManifest(backup: string): Manifest {
  try {
    return SCHEMA.parse(JSON.parse(readFileSync(pathOf(backup), 'utf8')));
  } catch (error) {
    throw new StoreRefused(`${pathOf(backup)} must be the file that was written beside the backup`, {
      cause: error,
    });
  }
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

interface StoredKeyring extends Document {
  readonly keys: readonly { readonly master: string }[];
}

/** The master keys that wrap the keys of a copy's ring. */
export const masterKeysOf = (copy: CheckedCopy): string[] => [
  ...new Set(
    copy.documents<StoredKeyring>('keyring').flatMap(({ keys }) => keys.map(({ master }) => master)),
  ),
];
