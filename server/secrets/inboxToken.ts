import { join } from 'node:path';
import type { Random } from '../platform/random.js';
import { SecretsRefused } from './keyring/refusal.js';
import { createSecretFile, readIfPresent } from './secretFile.js';

/** The file of the inbox token in the data folder. */
export const INBOX_TOKEN_FILE = 'inbox.token';

/**
 * The token of the development inbox, made on the first start and kept, so that
 * a bookmark survives the next one. Throws SecretsRefused when the folder cannot
 * be used.
 */
export async function inboxTokenOfFolder(folder: string, random: Pick<Random, 'bytes'>): Promise<string> {
  const path = join(folder, INBOX_TOKEN_FILE);
  try {
    const token = `otpi_${random.bytes(24).toString('base64url')}\n`;
    return ((await readIfPresent(path)) ?? (await createSecretFile(path, token, random))).trim();
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new SecretsRefused(
      `The inbox token in ${path} cannot be read or made (${why}). Correct the folder's permissions, or set OTP_INBOX_TOKEN.`,
      { cause },
    );
  }
}
