import { InvalidArgumentError } from 'commander';

/** Reads a number of things. */
export function readCount(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}
