import { SendRequestSchema } from '../../../gen/otp/v1/otp_service_pb.js';
import type { StoredSession } from '../../session/stored.js';
import type { Collection } from '../../store/documents.js';
import { canonicalRequest } from '../idempotency/canonicalRequest.js';
import type { Idempotency } from '../idempotency/claims.js';
import type { BegunSend, ClaimedSend } from './context.js';

export interface ClaimRequestDeps {
  readonly sessions: Collection<StoredSession>;
  readonly idempotency: Idempotency;
  readonly newId: () => string;
}

/** A Send that was made before: the session it opened. */
export interface EarlierSend {
  readonly earlier: StoredSession;
}

/**
 * Chooses the id of the session, which all calls with one request id share, so
 * that they open one session between them. Throws IDEMPOTENCY_CONFLICT, or
 * REQUEST_IN_PROGRESS while another of them may still be running.
 */
export function createClaimRequest({ sessions, idempotency, newId }: ClaimRequestDeps) {
  return async function claimRequest(send: BegunSend): Promise<ClaimedSend | EarlierSend> {
    const { call, request, partition, undo } = send;
    const { requestId } = request;
    if (!requestId) return Object.assign(send, { sessionId: newId() });
    const { workspace, client } = call.principal;
    const claim = await idempotency.claim({
      workspace,
      scope: `${partition}/${client}/Send`,
      requestId,
      request: canonicalRequest(SendRequestSchema, request),
      sessionId: newId(),
    });
    if (claim.repeated) {
      const earlier = await sessions.findOne({ _id: `${workspace}/${claim.sessionId}` });
      if (earlier) return { earlier };
      await claim.takeOver();
    }
    undo.push(claim.release);
    return Object.assign(send, { sessionId: claim.sessionId });
  };
}
