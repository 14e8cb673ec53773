import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt';
import type { Channel } from '../../../gen/otp/v1/session_pb.js';
import type { InboxFilter } from '../../delivery/vendors/inbox/messages.js';
import { channelName } from '../../domain/channels.js';
import { namedRecipient } from '../shared/recipient.js';

/** Which messages a request names; what is empty in it names all. */
interface Named {
  readonly recipient: string;
  readonly channel?: Channel;
  readonly after?: Timestamp | undefined;
}

/** The messages that a request names. Throws INVALID_RECIPIENT. */
export const inboxFilter = ({ recipient, channel, after }: Named): InboxFilter => ({
  ...(recipient && { to: namedRecipient(recipient).address }),
  ...(channel && { channel: channelName(channel)! }),
  ...(after && { after: timestampMs(after) }),
});
