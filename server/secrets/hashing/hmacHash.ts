import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Random } from '../../platform/random.js';
import { lengthPrefixed } from '../lengthPrefixed.js';

/**
 * Keyed HMAC-SHA-256 with a salt: some hundred times cheaper than argon2id.
 * With the database and the pepper, an attacker can search all codes at once;
 * with the database alone nothing can be searched, as with argon2id.
 */
const PREFIX = '$hmac-sha256$';
const SALT = 16;

/** `$hmac-sha256$<salt>$<mac>`, both base64url. */
export async function hashHmac(
  code: string,
  context: string,
  pepper: KeyObject,
  random: Random,
): Promise<string> {
  const salt = random.bytes(SALT).toString('base64url');
  return `${PREFIX}${salt}$${mac(code, context, pepper, salt)}`;
}

/** Whether the hash is that of the code. Takes the same time wherever they differ. */
export async function verifyHmac(
  code: string,
  hash: string,
  context: string,
  pepper: KeyObject,
): Promise<boolean> {
  const salt = hash.slice(PREFIX.length, hash.indexOf('$', PREFIX.length));
  const expected = Buffer.from(`${PREFIX}${salt}$${mac(code, context, pepper, salt)}`);
  const given = Buffer.from(hash);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

export const isHmac = (body: string): boolean => body.startsWith(PREFIX);

const mac = (code: string, context: string, pepper: KeyObject, salt: string): string =>
  createHmac('sha256', pepper)
    .update(lengthPrefixed('hmac-sha256', context, salt, code))
    .digest('base64url');
