import { createHash } from 'node:crypto';
import { Failure } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import { DAY_MS } from '../../platform/durations.js';
import type { Document, Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';

/** How long a request id is remembered. */
const REMEMBERED_MS = DAY_MS;
/** How long one process may work on a request before another takes it over. */
const LEASE_MS = 30_000;

/** A request id that was used. */
interface StoredClaim extends Document {
  /** Keyed fingerprint of the request: another one under the same id is a conflict. */
  readonly request: string;
  /** The id of the session this request opens, chosen before anything else happens. */
  readonly session: string;
  readonly leaseUntil: Date;
  readonly purgeAt: Date;
}

/** What a request id stands for. */
export interface Claim {
  /** The session to open, or the one that was opened before. */
  readonly session: string;
  /** True when this very request was seen before, so its session may exist. */
  readonly repeated: boolean;
  /** Take the lease: nobody else is working on it. Throws REQUEST_IN_PROGRESS. Not needed for a first request. */
  takeOver(): Promise<void>;
  /** Lets a repeat try at once: this attempt was refused. */
  release(): Promise<void>;
}

/** Remembers request ids, so that repeating a call is safe. */
export interface Idempotency {
  /** Throws IDEMPOTENCY_CONFLICT when the id was used for another request. */
  claim(scope: string, requestId: string, request: string, newSession: string): Promise<Claim>;
}

/** `isSame` compares a request with a stored fingerprint of one. */
export function createIdempotency(
  documents: Documents,
  clock: Clock,
  fingerprint: (request: string) => string,
  isSame: (request: string, stored: string) => boolean,
): Idempotency {
  const claims = documents.collection<StoredClaim>('idempotency');

  const claimOf = (stored: StoredClaim, repeated: boolean): Claim => {
    let lease = stored.leaseUntil;
    return {
      session: stored.session,
      repeated,
      async takeOver() {
        const now = clock.now();
        const leaseUntil = new Date(now + LEASE_MS);
        const taken =
          lease.getTime() <= now &&
          (await claims.findOneAndUpdate({ _id: stored._id, leaseUntil: lease }, { $set: { leaseUntil } }));
        if (!taken) throw new Failure('REQUEST_IN_PROGRESS', { retryAfterMs: 1_000 });
        lease = leaseUntil;
      },
      async release() {
        await claims.findOneAndUpdate(
          { _id: stored._id, leaseUntil: lease },
          { $set: { leaseUntil: new Date(0) } },
        );
      },
    };
  };

  return {
    async claim(scope, requestId, request, newSession) {
      const now = clock.now();
      const claim: StoredClaim = {
        _id: `${scope}/${createHash('sha256').update(requestId).digest('base64url')}`,
        request: fingerprint(request),
        session: newSession,
        leaseUntil: new Date(now + LEASE_MS),
        purgeAt: new Date(now + REMEMBERED_MS),
      };
      if (await insertOnce(claims, claim)) return claimOf(claim, false);
      const stored = await claims.findOne({ _id: claim._id });
      // Purged between the two calls: it is as new as this one.
      if (!stored) throw new Failure('REQUEST_IN_PROGRESS', { retryAfterMs: 1_000 });
      if (!isSame(request, stored.request)) throw new Failure('IDEMPOTENCY_CONFLICT');
      return claimOf(stored, true);
    },
  };
}
