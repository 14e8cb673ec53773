/** Crockford's base 32, upper case: no I, L, O or U. https://www.crockford.com/base32.html */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Characters that write 128 bits. */
export const CROCKFORD_LENGTH = 26;

const VALUES = new Map(
  [...ALPHABET].flatMap((symbol, value) => [
    [symbol.charCodeAt(0), value],
    [symbol.toLowerCase().charCodeAt(0), value],
  ]),
);

/** 16 bytes as 26 upper case characters, most significant first, so that they sort as the bytes do. */
export function toCrockford(bytes: Uint8Array): string {
  let text = '';
  let pending = 0;
  // 26 characters carry 130 bits: two zero bits come first.
  let bits = 2;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(pending >>> bits) & 31];
    }
    pending &= (1 << bits) - 1;
  }
  return text;
}

/**
 * The 16 bytes that 26 characters stand for, in either case; undefined for
 * anything else. Crockford's look-alikes (O for 0, I and L for 1) are refused:
 * these ids are copied by machines, and one id must not have many spellings.
 */
export function fromCrockford(text: string): Uint8Array | undefined {
  if (text.length !== CROCKFORD_LENGTH) return undefined;
  const bytes = new Uint8Array(16);
  let pending = 0;
  let bits = -2;
  let next = 0;
  for (let at = 0; at < CROCKFORD_LENGTH; at++) {
    const value = VALUES.get(text.charCodeAt(at));
    if (value === undefined || (at === 0 && value > 7)) return undefined;
    pending = (pending << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[next++] = (pending >>> bits) & 255;
      pending &= (1 << bits) - 1;
    }
  }
  return bytes;
}
