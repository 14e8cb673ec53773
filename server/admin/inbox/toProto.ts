import type { MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { ChaosSchema, InboxMessageSchema } from '../../../gen/otp/admin/v1/inbox_service_pb.js';
import type { ChannelFaults } from '../../delivery/vendors/inbox/chaos.js';
import type { InboxMessage } from '../../delivery/vendors/inbox/messages.js';
import { channelEnum } from '../../domain/channels.js';
import { sourceOf } from './source.js';

/** A message as the contract shows it. */
export async function messageToProto(
  message: InboxMessage,
): Promise<MessageInitShape<typeof InboxMessageSchema>> {
  const { id, time, workspace, session_id, channel, to, from, subject, text, html, code } = message;
  return {
    id,
    at: timestampFromDate(new Date(time)),
    workspace,
    sessionId: session_id,
    channel: channelEnum(channel),
    to,
    from,
    ...(subject !== undefined && { subject }),
    text,
    ...(html !== undefined && { html }),
    source: await sourceOf(message),
    code,
  };
}

/** The faults as the contract shows them. */
export const chaosToProto = (channels: readonly ChannelFaults[]): MessageInitShape<typeof ChaosSchema> => ({
  channels: channels.map(({ channel, delayMs, ...faults }) => ({
    channel: channelEnum(channel),
    ...faults,
    delay: durationFromMs(delayMs),
  })),
});
