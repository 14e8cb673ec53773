import { TokenState, type VerificationTokenService } from '../../gen/otp/v1/verification_token_service_pb.js';
import type { Handler } from '../call/call.js';
import { timestampField } from '../contract/timestampField.js';
import type { Clock } from '../platform/clock.js';
import type { VerificationTokens } from '../secrets/tokens/verificationToken.js';
import type { StoredSession } from '../session/stored.js';
import type { Collection } from '../store/documents.js';
import { lookUpProven } from './lookUp.js';
import { proofToProto } from './toProto/proofToProto.js';

/** Looks at a verification token without using it up. */
export function createIntrospect(
  sessions: Collection<StoredSession>,
  tokens: VerificationTokens,
  clock: Clock,
): Handler<typeof VerificationTokenService.method.introspect> {
  return async (call, request) => {
    const session = await lookUpProven({ sessions, tokens }, call, request);
    const { redeemedAt, redeemedFor, expiresAt } = session.token;
    const expired = expiresAt.getTime() <= clock.now();
    return {
      state: redeemedAt ? TokenState.REDEEMED : expired ? TokenState.EXPIRED : TokenState.ACTIVE,
      proof: proofToProto(session, redeemedFor ?? session.operation),
      ...timestampField('expiresAt', expiresAt),
      ...timestampField('redeemedAt', redeemedAt),
    };
  };
}
