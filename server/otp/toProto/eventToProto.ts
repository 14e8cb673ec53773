import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { EventType, type SessionEventSchema } from '../../../gen/otp/v1/otp_service_pb.js';
import { channelEnum } from '../../domain/channels.js';
import type { SessionEvent, ShownEventType } from '../../session/storedEvents.js';

const TYPES: Readonly<Record<ShownEventType, EventType>> = {
  'session.partial': EventType.SESSION_PARTIAL,
  'session.approved': EventType.SESSION_APPROVED,
  'session.locked': EventType.SESSION_LOCKED,
  'session.expired': EventType.SESSION_EXPIRED,
  'session.canceled': EventType.SESSION_CANCELED,
  'delivery.accepted': EventType.DELIVERY_ACCEPTED,
  'delivery.delivered': EventType.DELIVERY_DELIVERED,
  'delivery.failed': EventType.DELIVERY_FAILED,
};

/** An event as the contract shows it. */
export const eventToProto = ({
  id,
  type,
  at,
  channel,
  error,
}: SessionEvent & { readonly type: ShownEventType }): MessageInitShape<typeof SessionEventSchema> => ({
  id,
  type: TYPES[type],
  at: timestampFromDate(at),
  ...(channel && { channel: channelEnum(channel) }),
  error: error ?? '',
});
