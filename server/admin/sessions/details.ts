import type { MessageInitShape } from '@bufbuild/protobuf';
import type { SessionDetailsSchema } from '../../../gen/otp/admin/v1/session_service_pb.js';
import { channelEnum } from '../../domain/channels.js';
import { sessionToProto } from '../../otp/toProto/sessionToProto.js';
import type { Encryption } from '../../secrets/encryption.js';
import { SESSION_LIMITS } from '../../session/limits.js';
import { channelsOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';
import { workspaceOf } from '../../store/documentId.js';
import { modeEnum } from '../shared/mode.js';
import { deliveriesOf } from './deliveries.js';

export interface DetailsDeps {
  readonly encryption: Encryption;
  /** The display name of a key; empty where it is gone. */
  readonly keyName: (id: string) => Promise<string>;
  readonly clock: { now(): number };
}

/** Makes sessions as operators see them. `withDeliveries`: with the delivery attempts of each message. */
export function createDetails({ encryption, keyName, clock }: DetailsDeps) {
  return async (
    session: StoredSession,
    withDeliveries: boolean,
  ): Promise<MessageInitShape<typeof SessionDetailsSchema>> => {
    const { _id, client, locale, mode } = session;
    const opened = (field: 'requestId' | 'endUserIp') => {
      const sealed = session[field];
      return sealed === undefined ? '' : encryption.open({ collection: 'sessions', id: _id, field }, sealed);
    };
    return {
      session: sessionToProto(session, clock.now(), true),
      workspace: workspaceOf(session),
      mode: modeEnum(mode),
      apiKeyId: client,
      apiKeyName: await keyName(client),
      userId: userOf(session),
      endUserIp: opened('endUserIp'),
      locale,
      senderId: channelsOf(session).find(([, { sender }]) => sender)?.[1].sender ?? '',
      requestId: opened('requestId'),
      recipients: channelsOf(session).map(([channel, { masked, recipient, country = '' }]) => ({
        channel: channelEnum(channel),
        maskedRecipient: masked,
        fingerprint: recipient,
        country,
      })),
      ...(withDeliveries && { deliveries: deliveriesOf(session) }),
      costMicros: BigInt(costOf(session)),
      resends: SESSION_LIMITS.resend.max - session.resendsLeft,
      vouched: session.vouched ?? false,
    };
  };
}

/** metadata.user_id, which has a limit of its own; empty where there is none. */
export function userOf({ metadata }: Pick<StoredSession, 'metadata'>): string {
  const { user_id: user } = JSON.parse(metadata) as { user_id?: unknown };
  return typeof user === 'string' || typeof user === 'number' ? String(user) : '';
}

/** What was paid for its messages, refunds deducted. */
function costOf({ charges = {}, events }: StoredSession): number {
  const paid = Object.values(charges).flatMap((debit) => Object.values(debit));
  const refunded = events.flatMap(({ charge }) => (charge ? [charge.amount] : []));
  const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);
  return sum(paid) - sum(refunded);
}
