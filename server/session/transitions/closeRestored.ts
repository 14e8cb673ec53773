import type { Change } from '../change.js';
import { isOpen } from '../status.js';
import type { StoredSession } from '../stored.js';
import { cancel } from './cancel.js';

/**
 * A session of a restored store: what happened to it since the backup is not
 * known, so neither its codes nor its token are accepted any more. Undefined
 * where there is nothing that could be used.
 */
export function closeRestored(seen: StoredSession, at: number): Change | undefined {
  if (isOpen(seen)) {
    const change = cancel(seen, at, seen.client);
    return { ...change, set: { ...change.set, closedBy: 'restore' } };
  }
  if (seen.status !== 'APPROVED' || !seen.token || seen.token.redeemedAt) return undefined;
  return {
    at,
    guard: { status: 'APPROVED', 'token.redeemedAt': null },
    set: { 'token.redeemedAt': new Date(at), closedBy: 'restore' },
  };
}
