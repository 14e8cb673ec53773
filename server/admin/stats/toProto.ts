import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { StatsRowSchema } from '../../../gen/otp/admin/v1/stats_service_pb.js';
import { type ChannelName, channelEnum } from '../../domain/channels.js';
import type { Row } from './rows.js';

/** A row of statistics as the contract shows it. */
export function rowToProto({
  channel,
  country,
  provider,
  start,
  counts,
}: Row): MessageInitShape<typeof StatsRowSchema> {
  const count = (name: Exclude<keyof typeof counts, 'settled'>) => BigInt(counts[name]);
  return {
    ...(channel && { channel: channelEnum(channel as ChannelName) }),
    country,
    provider,
    ...(start > 0 && { start: timestampFromMs(start) }),
    sends: count('sends'),
    accepted: count('accepted'),
    delivered: count('delivered'),
    failed: count('failed'),
    approvals: count('approvals'),
    refused: count('refused'),
    conversion: counts.sends > 0 ? counts.approvals / counts.sends : 0,
    spendMicros: count('spendMicros'),
  };
}
