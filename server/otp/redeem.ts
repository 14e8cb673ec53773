import {
  RedeemRequestSchema,
  type VerificationTokenService,
} from '../../gen/otp/v1/verification_token_service_pb.js';
import type { Sponsors } from '../admin/sponsors/sponsors.js';
import type { Handler } from '../call/call.js';
import { timestampField } from '../contract/timestampField.js';
import { CHANNELS } from '../domain/channels.js';
import { readRecipient } from '../domain/recipients.js';
import { Failure, invalid } from '../errors.js';
import type { Clock } from '../platform/clock.js';
import type { Fingerprints } from '../secrets/fingerprints.js';
import type { VerificationTokens } from '../secrets/tokens/verificationToken.js';
import { changeGuarded } from '../session/change.js';
import { channelsOf, refuseFromTheFuture } from '../session/status.js';
import type { StoredOperation, StoredSession } from '../session/stored.js';
import { redeem } from '../session/transitions/redeem.js';
import { workspaceOf } from '../store/documentId.js';
import type { Collection } from '../store/documents.js';
import { canonicalRequest } from './idempotency/canonicalRequest.js';
import { repeatable } from './idempotency/inSession.js';
import { type ApprovedSession, lookUpProven } from './lookUp.js';
import { isSameOperation, storedOperation } from './operation.js';
import { proofToProto } from './toProto/proofToProto.js';

interface Deps {
  readonly sessions: Collection<StoredSession>;
  readonly tokens: VerificationTokens;
  readonly fingerprints: Fingerprints;
  readonly sponsors: Pick<Sponsors, 'requireAllowed'>;
  readonly clock: Clock;
}

/** Uses up a verification token, once, for a named operation. Nothing is consumed when it throws. */
export function createRedeem(deps: Deps): Handler<typeof VerificationTokenService.method.redeem> {
  const { sessions, tokens, fingerprints, sponsors, clock } = deps;
  return async (call, request) => {
    const { workspace } = call.principal;
    if (!request.verificationToken && !request.sessionId)
      throw invalid('verification_token', 'is required, or session_id');
    if (request.verificationToken && request.sessionId)
      throw invalid('session_id', 'must not be given together with verification_token');
    const operation = storedOperation(request.operation!);
    const session = await lookUpProven({ sessions, tokens }, call, request);
    const repeat = repeatable(
      fingerprints,
      { workspace, method: 'Redeem', requestId: request.requestId },
      () => canonicalRequest(RedeemRequestSchema, request),
    );
    if (!repeat?.matches(session.token.redeemedBy)) await requireAllowed(session, operation);
    const redeemed = await changeGuarded(sessions, session, (seen) => {
      const { token } = approved(seen);
      // Another redemption was faster, or this one was sent twice at once.
      if (repeat?.matches(token.redeemedBy)) return undefined;
      const now = clock.now();
      refuseFromTheFuture(seen, now);
      if (token.redeemedAt) throw new Failure('TOKEN_REDEEMED');
      if (token.expiresAt.getTime() <= now) throw new Failure('TOKEN_EXPIRED');
      if (!isBoundTo(seen.operation, operation)) {
        throw invalid('operation', 'must be the one the session was opened for', 'OPERATION_MISMATCH');
      }
      if (request.recipient && !isProven(seen, workspace, request.recipient)) {
        throw invalid('recipient', 'must be one of those that were verified', 'OPERATION_MISMATCH');
      }
      return redeem(seen, { workspace, by: call.principal.client, operation, request: repeat?.record }, now);
    });
    if (!redeemed) throw new Failure('TOKEN_NOT_FOUND');
    return respond(approved(redeemed.session));
  };

  /** Send may have left the operation out: what a sponsor allows no OTP for is not cleared with one. */
  async function requireAllowed(
    { _id, beneficiary, operation: opened }: StoredSession,
    named: StoredOperation,
  ) {
    if (!beneficiary) return;
    const { sponsorSlug } = beneficiary;
    await sponsors.requireAllowed(workspaceOf({ _id }), sponsorSlug, { ...named, ...opened });
  }

  function isProven(session: StoredSession, workspace: string, text: string): boolean {
    const given = CHANNELS.map((channel) => readRecipient(channel, text)).find(Boolean);
    if (!given)
      throw invalid(
        'recipient',
        'must be an e-mail address or an international phone number',
        'INVALID_RECIPIENT',
      );
    const candidates = fingerprints.recipientCandidates(workspace, given.identity);
    return channelsOf(session).some(
      ([, { state, recipient }]) => state === 'VERIFIED' && candidates.includes(recipient),
    );
  }
}

/** A session that was found approved stays so. */
function approved(session: StoredSession): ApprovedSession {
  const { token } = session;
  if (!token) throw new Failure('TOKEN_NOT_FOUND');
  return { ...session, token };
}

function respond(session: ApprovedSession) {
  return {
    proof: proofToProto(session, session.token.redeemedFor),
    ...timestampField('redeemedAt', session.token.redeemedAt),
  };
}

/** A session without an operation proves any, but not a transaction that its messages did not show. */
const isBoundTo = (bound: StoredOperation | undefined, named: StoredOperation): boolean =>
  bound ? isSameOperation(bound, named) : named.transaction === undefined;
