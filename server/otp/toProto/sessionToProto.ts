import type { JsonObject, MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate, timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  DeliveryState,
  type OperationSchema,
  type SessionSchema,
  SessionStatus,
  Strategy,
} from '../../../gen/otp/v1/session_pb.js';
import { timestampField } from '../../contract/timestampField.js';
import { channelEnum } from '../../domain/channels.js';
import { readExactJson } from '../../domain/exactJson.js';
import { channelsOf, statusOf } from '../../session/status.js';
import type { StoredOperation, StoredSession } from '../../session/stored.js';
import { idOf } from '../../store/documentId.js';

/** A stored session as the contract shows it: masked recipients only; metadata not to session tokens. */
export function sessionToProto(
  session: StoredSession,
  now: number,
  withMetadata: boolean,
): MessageInitShape<typeof SessionSchema> {
  const status = statusOf(session, now);
  const resendable =
    status !== 'APPROVED' && status !== 'CANCELED' && status !== 'LOCKED' && session.resendsLeft > 0;
  return {
    id: idOf(session),
    status: SessionStatus[status],
    channels: channelsOf(session).map(([name, { masked, state, verifiedAt, codeExpiresAt, delivery }]) => ({
      channel: channelEnum(name),
      maskedRecipient: masked,
      verified: state === 'VERIFIED',
      ...timestampField('verifiedAt', verifiedAt),
      deliveryState: delivery.waits ? DeliveryState.WAITING : DeliveryState[delivery.state],
      deliveryError: delivery.state === 'FAILED' ? (delivery.error ?? '') : '',
      ...timestampField('dueAt', delivery.waits && delivery.dueAt),
      codeCreatedAt: timestampFromMs(codeExpiresAt.getTime() - session.lifetimeMs),
    })),
    policy: { strategy: Strategy[session.strategy], channels: session.required.map(channelEnum) },
    purpose: session.purpose,
    attemptsRemaining: session.attemptsLeft,
    createdAt: timestampFromDate(session.createdAt),
    expiresAt: timestampFromDate(session.expiresAt),
    ...timestampField('resendAvailableAt', resendable ? session.resendAt : undefined),
    ...timestampField('approvedAt', session.approvedAt),
    ...timestampField('redeemedAt', session.token?.redeemedAt),
    sandbox: session.mode === 'test',
    ...(withMetadata &&
      session.metadata !== '{}' && { metadata: readExactJson(session.metadata) as JsonObject }),
    ...(session.operation && { operation: operationToProto(session.operation) }),
    codeLength: session.codeLength,
    ...(session.beneficiary && { beneficiary: session.beneficiary }),
  };
}

/** An operation as the contract shows it. */
export const operationToProto = (operation: StoredOperation): MessageInitShape<typeof OperationSchema> => ({
  type: operation.type,
  id: operation.id,
  productType: operation.productType ?? '',
  ...(operation.transaction && { transaction: operation.transaction }),
});
