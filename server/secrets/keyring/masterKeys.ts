import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Random } from '../../platform/random.js';
import { SecretsRefused } from './refusal.js';

/**
 * A master key wraps the keys of the key ring and nothing else. Held as a
 * KeyObject, whose bytes no log or error can print.
 */
export interface MasterKey {
  readonly id: string;
  readonly secret: KeyObject;
}

/** Master keys: the first wraps, every one unwraps. */
export type MasterKeys = readonly [MasterKey, ...MasterKey[]];

const BYTES = 32;
// Shorter than an encoded key, so that a key in the place of an id is never taken, or printed, as one.
const ID = /^[A-Za-z0-9_-]{1,32}$/;

/**
 * Reads `id:base64,id:base64,…` (base64 or base64url, 32 bytes each; commas or
 * line breaks between). Throws SecretsRefused naming every entry at fault by
 * its place and id, never by its value. `source` is what the operator knows
 * the text by.
 */
export function parseMasterKeys(text: string, source = 'OTP_MASTER_KEYS'): MasterKeys {
  const keys: MasterKey[] = [];
  const problems: string[] = [];
  const entries = text.split(/[\s,]+/).filter(Boolean);
  for (const [index, entry] of entries.entries()) {
    const read = readEntry(entry);
    if (typeof read === 'string') problems.push(`entry ${index + 1} ${read}`);
    else if (keys.some(({ id }) => id === read.id)) {
      problems.push(`entry ${index + 1} has the id "${read.id}" of an earlier one`);
    } else keys.push(read);
  }
  const [first, ...others] = keys;
  if (first && problems.length === 0) return [first, ...others];
  if (entries.length === 0) problems.push('it holds no key');
  throw new SecretsRefused(
    `${source} cannot be used (id:base64,… with ${BYTES} bytes each): ${problems.join('; ')}.`,
  );
}

function readEntry(entry: string): MasterKey | string {
  const colon = entry.indexOf(':');
  if (colon < 0) return 'has no "id:" before the key';
  const id = entry.slice(0, colon);
  if (!ID.test(id)) return 'has an id that is not 1 to 32 letters, digits, "-" or "_"';
  const encoded = entry
    .slice(colon + 1)
    .replace(/=+$/, '')
    .replaceAll('+', '-')
    .replaceAll('/', '_');
  const bytes = Buffer.from(encoded, 'base64url');
  if (bytes.toString('base64url') !== encoded) return `("${id}") is not base64`;
  if (bytes.length !== BYTES) return `("${id}") has ${bytes.length} bytes`;
  return { id, secret: createSecretKey(bytes) };
}

/** A new master key as an entry of OTP_MASTER_KEYS. */
export function newMasterKeyEntry(random: Random): string {
  return `${random.bytes(4).toString('hex')}:${random.bytes(BYTES).toString('base64')}`;
}
