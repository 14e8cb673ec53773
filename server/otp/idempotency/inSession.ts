import { createHash } from 'node:crypto';
import { Failure } from '../../errors.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { StoredRequest } from '../../session/stored.js';

/**
 * The request id of a call on an existing session. It is stored in the session
 * with what the call changed, so that one update commits both and a repeat finds
 * it. Only successes are stored: a wrong code repeated is another attempt.
 */
export interface Repeatable {
  /** What to store with the change. */
  readonly record: StoredRequest;
  /** Whether a stored request is this one. Throws IDEMPOTENCY_CONFLICT for another request under the same id. */
  matches(stored: StoredRequest | undefined): boolean;
}

/** What a request id is unique within, and the id; empty where the request has none. */
interface RequestName {
  readonly workspace: string;
  readonly method: string;
  readonly requestId: string;
}

/** The repeatable form of a request; undefined when it has no request id. */
export function repeatable(
  fingerprints: Fingerprints,
  { workspace, method, requestId }: RequestName,
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
