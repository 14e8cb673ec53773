import type { Random } from '../platform/random.js';
import { SESSION_LIMITS } from './limits.js';

/** A new code: `length` decimal digits, leading zeros included, every one equally likely. */
export function newCode(length: number, random: Random): string {
  const { min, max } = SESSION_LIMITS.codeLength;
  if (!Number.isInteger(length) || length < min || length > max) {
    throw new RangeError(`a code has ${min} to ${max} digits, not ${length}`);
  }
  return String(random.int(10 ** length)).padStart(length, '0');
}
