import { join } from 'node:path';
import { Failure } from '../../errors.js';
import type { Random } from '../../platform/random.js';
import { createSecretFile, readIfPresent } from '../secretFile.js';
import { type MasterKeys, newMasterKeyEntry, parseMasterKeys } from './masterKeys.js';
import { SecretsRefused } from './refusal.js';

const FILE = 'master.keys';

interface Deps {
  readonly folder: string;
  readonly random: Random;
  /** Whether the store has keys that an existing master key wraps. */
  readonly isNeeded: () => Promise<boolean>;
}

const missing = (path: string) =>
  new SecretsRefused(
    `The store has keys that only its master keys open, and ${path} is missing. Put the file back from a backup, or set OTP_MASTER_KEYS.`,
  );

/**
 * The master keys of a data folder, for development: read from `master.keys`,
 * or made on the first start. Throws SecretsRefused when the folder cannot be used.
 */
export async function masterKeysOfFolder({ folder, random, isNeeded }: Deps): Promise<MasterKeys> {
  const path = join(folder, FILE);
  try {
    let text = await readIfPresent(path);
    if (text === undefined) {
      // A new master key opens nothing that another one has sealed, and would only hide what is missing.
      if (await isNeeded()) throw missing(path);
      text = await createSecretFile(path, `${newMasterKeyEntry(random)}\n`, random);
    }
    return parseMasterKeys(text, path);
  } catch (cause) {
    if (cause instanceof SecretsRefused || cause instanceof Failure) throw cause;
    const why = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new SecretsRefused(
      `The master keys in ${path} cannot be read or made (${why}). Correct the folder's permissions, or set OTP_MASTER_KEYS.`,
      { cause },
    );
  }
}

/** The master keys of a data folder; undefined where it has none. Throws SecretsRefused. */
export async function existingMasterKeys(folder: string): Promise<MasterKeys | undefined> {
  const path = join(folder, FILE);
  const text = await readIfPresent(path);
  return text === undefined ? undefined : parseMasterKeys(text, path);
}
