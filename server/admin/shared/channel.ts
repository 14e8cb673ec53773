import type { Channel } from '../../../gen/otp/v1/session_pb.js';
import { type ChannelName, channelName } from '../../domain/channels.js';
import { invalid } from '../../errors.js';

/** The channel a request names. Throws INVALID_REQUEST for none. */
export function namedChannel(channel: Channel, field = 'channel'): ChannelName {
  const name = channelName(channel);
  if (!name) throw invalid(field, 'must be a channel');
  return name;
}
