import { createHash } from 'node:crypto';
import { Failure } from '../../errors.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { StoredRequest } from '../../session/stored.js';

/**
 * Request ids of calls on an open session. They are kept in the session, next
 * to what the call changed, so that one update commits both and a repeat finds
 * them. Only successes are kept: a wrong guess repeated is another guess.
 */
export interface Repeatable {
  /** What to store with the change. */
  readonly record: StoredRequest;
  /** Whether a stored request is this one. Throws IDEMPOTENCY_CONFLICT for another request under the same id. */
  matches(stored: StoredRequest | undefined): boolean;
}

/** The repeatable form of a request; undefined when it carries no request id. */
export function repeatable(
  fingerprints: Fingerprints,
  workspace: string,
  method: string,
  requestId: string,
  canonical: () => string,
): Repeatable | undefined {
  if (!requestId) return undefined;
  const id = createHash('sha256').update(`${method}/${requestId}`).digest('base64url');
  const request = canonical();
  return {
    record: { id, digest: fingerprints.request(workspace, request) },
    matches(stored) {
      if (stored?.id !== id) return false;
      if (!fingerprints.isSameRequest(workspace, request, stored.digest))
        throw new Failure('IDEMPOTENCY_CONFLICT');
      return true;
    },
  };
}
