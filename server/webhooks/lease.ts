import type { Random } from '../platform/random.js';

/** Names a delivery attempt, and the process that makes it. */
export const newLease = (owner: string, random: Pick<Random, 'bytes'>): string =>
  `${owner}/${random.bytes(9).toString('base64url')}`;

export const isLeaseOf = (owner: string, lease: string): boolean => lease.startsWith(`${owner}/`);
