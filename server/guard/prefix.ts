import type { Fingerprints } from '../secrets/fingerprints.js';

/** Digits that a prefix leaves open: pumpers rent numbers by the thousand, in a row. */
export const OPEN_DIGITS = 4;

/** The fingerprint of a number's prefix: the same for all numbers that differ in their last four digits only. */
export const prefixOf = (fingerprints: Fingerprints, workspace: string, number: string): string =>
  fingerprints.subject(workspace, `prefix ${number.slice(0, -OPEN_DIGITS)}`);
