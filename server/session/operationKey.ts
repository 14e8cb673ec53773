import { normalName } from '../domain/sponsorRules.js';
import type { StoredOperation } from './stored.js';

/**
 * Names one operation at one sponsor, for sessions to be found by. Written as
 * JSON because each part may hold any character, separators included; the kind
 * of operation in one case, as sponsors' rules compare it.
 */
export const operationKey = (
  workspace: string,
  sponsorSlug: string,
  { type, id }: Pick<StoredOperation, 'type' | 'id'>,
): string => `${workspace}/${JSON.stringify([sponsorSlug, normalName(type), id])}`;
