import { createHash } from 'node:crypto';
import { Failure } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import { DAY_MS } from '../../platform/durations.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { Document, Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import type { Processes } from '../../store/processes/processes.js';

/** How long a request id is remembered. */
const REMEMBERED_MS = DAY_MS;
/** How long one process may work on a request before another may take it over. */
const LEASE_MS = 30_000;

/** A request id that was used. */
interface StoredClaim extends Document {
  /** Keyed fingerprint of the request: another one under the same id is a conflict. */
  readonly request: string;
  /** The id of the session this request opens, chosen before anything else happens. */
  readonly session: string;
  readonly leaseUntil: Date;
  /** The process that works on it until then. Absent in release 0.1. */
  readonly owner?: string;
  readonly purgeAt: Date;
}

/** The claim of one call on its request id. */
export interface Claim {
  /** The id of the session to open, or of the one that an earlier call opened. */
  readonly sessionId: string;
  /** True when the same request was seen before, so its session may exist. */
  readonly repeated: boolean;
  /** Takes the lease for a repeated request. Throws REQUEST_IN_PROGRESS while another call holds it. */
  takeOver(): Promise<void>;
  /** Gives the lease back, so that a repeat may run at once. */
  release(): Promise<void>;
}

/** A call with a request id. */
export interface KeyedRequest {
  readonly workspace: string;
  /** Within which a request id means one request: partition/client/method. */
  readonly scope: string;
  readonly requestId: string;
  /** See canonicalRequest. */
  readonly request: string;
  /** A new id, for the session to be opened where this is the first call with the request id. */
  readonly sessionId: string;
}

/** Remembers request ids, so that repeating a call is safe. */
export interface Idempotency {
  /** Throws IDEMPOTENCY_CONFLICT when the id was used for another request. */
  claim(keyed: KeyedRequest): Promise<Claim>;
}

interface Deps {
  readonly documents: Documents;
  readonly processes: Pick<Processes, 'id' | 'hasEnded'>;
  readonly fingerprints: Pick<Fingerprints, 'request' | 'isSameRequest'>;
  readonly clock: Clock;
}

/** Under which a request id is remembered. */
export const claimId = ({ scope, requestId }: Pick<KeyedRequest, 'scope' | 'requestId'>): string =>
  `${scope}/${createHash('sha256').update(requestId).digest('base64url')}`;

export function createIdempotency({ documents, processes, fingerprints, clock }: Deps): Idempotency {
  const claims = documents.collection<StoredClaim>('idempotency');

  const claimOf = (stored: StoredClaim, repeated: boolean): Claim => {
    let lease = stored.leaseUntil;
    return {
      sessionId: stored.session,
      repeated,
      async takeOver() {
        const now = clock.now();
        const leaseUntil = new Date(now + LEASE_MS);
        const { _id, owner } = stored;
        const isFree = lease.getTime() <= now || (owner !== undefined && (await processes.hasEnded(owner)));
        const taken =
          isFree &&
          (await claims.findOneAndUpdate(
            // Taken over in the millisecond in which it was made, its end is the same.
            { _id, leaseUntil: lease, owner: owner ?? null },
            { $set: { leaseUntil, owner: processes.id } },
          ));
        if (!taken) throw new Failure('REQUEST_IN_PROGRESS', { retryAfterMs: 1_000 });
        lease = leaseUntil;
      },
      async release() {
        await claims.updateOne({ _id: stored._id, leaseUntil: lease }, { $set: { leaseUntil: new Date(0) } });
      },
    };
  };

  return {
    async claim({ workspace, scope, requestId, request, sessionId }) {
      const now = clock.now();
      const claim: StoredClaim = {
        _id: claimId({ scope, requestId }),
        request: fingerprints.request(workspace, request),
        session: sessionId,
        leaseUntil: new Date(now + LEASE_MS),
        owner: processes.id,
        purgeAt: new Date(now + REMEMBERED_MS),
      };
      if (await insertOnce(claims, claim)) return claimOf(claim, false);
      const stored = await claims.findOne({ _id: claim._id });
      // Purged between the two operations: the next call is the first.
      if (!stored) throw new Failure('REQUEST_IN_PROGRESS', { retryAfterMs: 1_000 });
      if (!fingerprints.isSameRequest(workspace, request, stored.request))
        throw new Failure('IDEMPOTENCY_CONFLICT');
      return claimOf(stored, true);
    },
  };
}
