import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import type { Random } from '../platform/random.js';

const ALGORITHM = 'aes-256-gcm';
const NONCE = 12;
const TAG = 16;

/**
 * AES-256-GCM (NIST SP 800-38D) with a fresh 96-bit nonce. `context` is
 * authenticated and not stored: opening needs the same. Returns nonce,
 * ciphertext and tag in base64url.
 */
export function sealBox(
  key: KeyObject | Buffer,
  context: string,
  content: string | Buffer,
  random: Random,
): string {
  const nonce = random.bytes(NONCE);
  const cipher = createCipheriv(ALGORITHM, key, nonce);
  cipher.setAAD(Buffer.from(context));
  const body = cipher.update(typeof content === 'string' ? Buffer.from(content) : content);
  cipher.final();
  return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url');
}

/** Opens what sealBox made. Throws when the box, the key or the context is another, or the box was changed. */
export function openBox(key: KeyObject | Buffer, context: string, box: string): Buffer {
  const bytes = Buffer.from(box, 'base64url');
  // Decoding skips what it does not know, and the last character has spare bits: accept one spelling only.
  if (bytes.length < NONCE + TAG || bytes.toString('base64url') !== box) {
    throw new Error('not a sealed value');
  }
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE));
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(bytes.subarray(-TAG));
  const content = decipher.update(bytes.subarray(NONCE, -TAG));
  decipher.final();
  return content;
}
