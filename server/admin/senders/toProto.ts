import { create, type MessageShape } from '@bufbuild/protobuf';
import { SenderSchema } from '../../../gen/otp/admin/v1/sender_service_pb.js';
import { timestampField } from '../../contract/timestampField.js';
import { channelEnum } from '../../domain/channels.js';
import { defaultOf, type StoredSender } from './stored.js';

/** A sender as the contract shows it. `others`: senders of its workspace, which decide which one is the default. */
export function senderToProto(
  sender: StoredSender,
  others: readonly StoredSender[],
): MessageShape<typeof SenderSchema> {
  const rivals = others.filter(({ channel }) => channel === sender.channel);
  return create(SenderSchema, {
    channel: channelEnum(sender.channel),
    senderId: sender.senderId,
    displayName: sender.displayName ?? '',
    isDefault: sender.defaultAt !== undefined && defaultOf(rivals)?._id === sender._id,
    ...timestampField('createdAt', sender.createdAt),
  });
}
