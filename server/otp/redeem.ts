import {
  RedeemRequestSchema,
  type VerificationTokenService,
} from '../../gen/otp/v1/verification_token_service_pb.js';
import type { Handler } from '../call/call.js';
import { when } from '../contract/timestampField.js';
import { CHANNELS } from '../domain/channels.js';
import { readRecipient } from '../domain/recipients.js';
import { Failure, invalid } from '../errors.js';
import type { Clock } from '../platform/clock.js';
import type { Fingerprints } from '../secrets/fingerprints.js';
import type { VerificationTokens } from '../secrets/tokens/verificationToken.js';
import { satisfactionKey } from '../session/satisfaction.js';
import { channelsOf } from '../session/status.js';
import type { StoredOperation, StoredSession } from '../session/stored.js';
import type { Collection } from '../store/documents.js';
import { canonicalRequest } from './idempotency/canonicalRequest.js';
import { repeatable } from './idempotency/inSession.js';
import { storedOperation } from './send/parseOptions.js';
import { type Approved, findProven, proofToProto } from './toProto/proofToProto.js';

interface Parts {
  readonly sessions: Collection<StoredSession>;
  readonly tokens: VerificationTokens;
  readonly fingerprints: Fingerprints;
  readonly clock: Clock;
}

/** Uses up a verification token, once, for a named operation. Nothing is consumed when it throws. */
export function createRedeem(parts: Parts): Handler<typeof VerificationTokenService.method.redeem> {
  const { sessions, tokens, fingerprints, clock } = parts;
  return async (call, request) => {
    const { workspace } = call.principal;
    const operation = storedOperation(request.operation!);
    const session = await findProven(
      sessions,
      tokens,
      call,
      request.verificationToken,
      request.acceptSandbox,
    );
    const repeat = repeatable(
      fingerprints,
      { workspace, method: 'Redeem', requestId: request.requestId },
      () => canonicalRequest(RedeemRequestSchema, request),
    );
    if (repeat?.matches(session.token.redeemedBy)) return answer(session);

    const { redeemedAt, expiresAt } = session.token;
    const now = clock.now();
    if (redeemedAt) throw new Failure('TOKEN_REDEEMED');
    if (expiresAt.getTime() <= now) throw new Failure('TOKEN_EXPIRED');
    if (session.operation && !sameOperation(session.operation, operation)) {
      throw invalid('operation', 'is not the one the session was opened for', 'OPERATION_MISMATCH');
    }
    if (request.recipient && !isProven(session, workspace, request.recipient)) {
      throw invalid('recipient', 'is not among those that were verified', 'OPERATION_MISMATCH');
    }
    const redeemed = await sessions.findOneAndUpdate(
      {
        _id: session._id,
        status: 'APPROVED',
        'token.expiresAt': { $gt: new Date(now) },
        'token.redeemedAt': null,
      },
      {
        $set: {
          'token.redeemedAt': new Date(now),
          // What the session was opened for may say more than the caller does.
          'token.redeemedFor': { ...operation, ...session.operation },
          // A sandbox proof never satisfies anything.
          ...(session.mode === 'live' &&
            session.beneficiary && {
              satisfies: satisfactionKey(workspace, session.beneficiary.sponsorSlug, operation),
            }),
          ...(repeat && { 'token.redeemedBy': repeat.record }),
        },
        $inc: { rev: 1 },
      },
    );
    if (redeemed?.token) return answer({ ...redeemed, token: redeemed.token });
    // Looked up a moment ago as neither redeemed nor expired: another redeem was faster, or this one, sent twice.
    const meanwhile = repeat && (await sessions.findOne({ _id: session._id }));
    if (meanwhile?.token && repeat?.matches(meanwhile.token.redeemedBy))
      return answer({ ...meanwhile, token: meanwhile.token });
    throw new Failure('TOKEN_REDEEMED');
  };

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

function answer(session: Approved) {
  return {
    proof: proofToProto(session, session.token.redeemedFor),
    ...when('redeemedAt', session.token.redeemedAt),
  };
}

/** The product type is compared only where both sides name one. */
const sameOperation = (bound: StoredOperation, named: StoredOperation): boolean =>
  bound.type === named.type &&
  bound.id === named.id &&
  (!bound.productType || !named.productType || bound.productType === named.productType);
