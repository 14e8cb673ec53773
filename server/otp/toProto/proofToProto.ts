import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ProofSchema } from '../../../gen/otp/v1/verification_token_service_pb.js';
import type { Call } from '../../call/call.js';
import { when } from '../../contract/timestampField.js';
import { channelEnum } from '../../domain/channels.js';
import { visibleTo } from '../../domain/principal.js';
import { Failure } from '../../errors.js';
import type { VerificationTokens } from '../../secrets/tokens/verificationToken.js';
import { channelsOf } from '../../session/status.js';
import type { StoredOperation, StoredSession } from '../../session/stored.js';
import { idOf } from '../../store/documentId.js';
import type { Collection } from '../../store/documents.js';
import { operationToProto } from './sessionToProto.js';

/** A session that was approved: it has a token. */
export type Approved = StoredSession & Required<Pick<StoredSession, 'token'>>;

/**
 * Finds the session a verification token proves. TOKEN_NOT_FOUND alike for a
 * token that is malformed, invented, of another workspace, or of the sandbox
 * where that was not asked for: a sandbox proof never satisfies a live check.
 */
export async function findProven(
  sessions: Collection<StoredSession>,
  tokens: VerificationTokens,
  call: Call,
  token: string,
  acceptSandbox: boolean,
): Promise<Approved> {
  const { principal } = call;
  const { workspace } = principal;
  const id = tokens.check(workspace, token);
  const session = id === undefined ? null : await sessions.findOne({ _id: `${workspace}/${id}` });
  if (session?.status !== 'APPROVED' || !session.token || !visibleTo(principal, session)) {
    throw new Failure('TOKEN_NOT_FOUND');
  }
  const isUnwanted = session.mode === 'test' && principal.mode === 'live' && !acceptSandbox;
  if (isUnwanted) throw new Failure('TOKEN_NOT_FOUND');
  call.sessionId = idOf(session);
  return { ...session, token: session.token };
}

/** What the session proved, as the contract shows it. `operation`: the one it was redeemed for, or was opened for. */
export function proofToProto(
  session: StoredSession,
  operation: StoredOperation | undefined,
): MessageInitShape<typeof ProofSchema> {
  return {
    sessionId: idOf(session),
    channels: channelsOf(session).flatMap(([name, { state, masked, verifiedAt }]) =>
      state === 'VERIFIED'
        ? [{ channel: channelEnum(name), maskedRecipient: masked, ...when('verifiedAt', verifiedAt) }]
        : [],
    ),
    ...when('approvedAt', session.approvedAt),
    ...(operation && { operation: operationToProto(operation) }),
    purpose: session.purpose,
    sandbox: session.mode === 'test',
    ...(session.beneficiary && { beneficiary: session.beneficiary }),
  };
}
