import type { Random } from '../platform/random.js';

/** Shortest and longest code of the contract, in digits. */
export const CODE_LENGTH = { min: 4, max: 8 } as const;

/** A new code: `length` decimal digits (4 to 8), leading zeros included, every one equally likely. */
export function newCode(length: number, random: Random): string {
  if (!Number.isInteger(length) || length < CODE_LENGTH.min || length > CODE_LENGTH.max) {
    throw new RangeError(`a code has ${CODE_LENGTH.min} to ${CODE_LENGTH.max} digits, not ${length}`);
  }
  return String(random.int(10 ** length)).padStart(length, '0');
}
