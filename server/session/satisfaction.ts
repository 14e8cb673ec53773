import type { StoredOperation } from './stored.js';

/**
 * Names one operation at one sponsor, for a redeemed session to be found by.
 * Written as JSON because each part may hold any character, separators included.
 */
export const satisfactionKey = (
  workspace: string,
  sponsorSlug: string,
  { type, id }: Pick<StoredOperation, 'type' | 'id'>,
): string => `${workspace}/${JSON.stringify([sponsorSlug, type, id])}`;
