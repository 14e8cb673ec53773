import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../errors.js';
import type { Random } from '../../platform/random.js';
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
 * or made on the first start (the file readable by its owner only, and so the
 * folder where this makes it). Processes that start at once agree: the file
 * appears whole under its name or not at all, and the first one stays. Throws
 * SecretsRefused when the folder cannot be used.
 */
export async function masterKeysOfFolder({ folder, random, isNeeded }: Deps): Promise<MasterKeys> {
  const path = join(folder, FILE);
  try {
    let text = await readIfPresent(path);
    if (text === undefined) {
      // A new master key opens nothing that another one has sealed, and would only hide what is missing.
      if (await isNeeded()) throw missing(path);
      text = await create(folder, path, random);
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

async function create(folder: string, path: string, random: Random): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${random.bytes(8).toString('hex')}`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(`${newMasterKeyEntry(random)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    // Unlike a rename, a link never replaces what another process has put there.
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await persistNames(folder);
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(path, 'utf8');
}

/** Without this a crash could lose the file's name while documents that need its key survive. */
async function persistNames(folder: string): Promise<void> {
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

const readIfPresent = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
