import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ProofSchema } from '../../../gen/otp/v1/verification_token_service_pb.js';
import { timestampField } from '../../contract/timestampField.js';
import { channelEnum } from '../../domain/channels.js';
import { channelsOf } from '../../session/status.js';
import type { StoredOperation, StoredSession } from '../../session/stored.js';
import { idOf } from '../../store/documentId.js';
import { operationToProto } from './sessionToProto.js';

/** What the session proved, as the contract shows it. `operation`: the one it was redeemed for, or was opened for. */
export function proofToProto(
  session: StoredSession,
  operation: StoredOperation | undefined,
): MessageInitShape<typeof ProofSchema> {
  return {
    sessionId: idOf(session),
    channels: channelsOf(session).flatMap(([name, { state, masked, verifiedAt }]) =>
      state === 'VERIFIED'
        ? [
            {
              channel: channelEnum(name),
              maskedRecipient: masked,
              ...timestampField('verifiedAt', verifiedAt),
            },
          ]
        : [],
    ),
    ...timestampField('approvedAt', session.approvedAt),
    ...(operation && { operation: operationToProto(operation) }),
    purpose: session.purpose,
    sandbox: session.mode === 'test',
    ...(session.beneficiary && { beneficiary: session.beneficiary }),
  };
}
