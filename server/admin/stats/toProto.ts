import type { MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { DurationQuantilesSchema, StatsRowSchema } from '../../../gen/otp/admin/v1/stats_service_pb.js';
import { type ChannelName, channelEnum } from '../../domain/channels.js';
import type { PartName } from './parts.js';
import type { Row } from './rows.js';
import type { Quantiles } from './sketch.js';

/** The field that shows a part. */
const FIELDS = {
  purpose: 'purpose',
  apiKey: 'apiKeyId',
  locale: 'locale',
  deliveryError: 'deliveryError',
  refusal: 'refusal',
} as const satisfies Readonly<Record<PartName, string>>;

/** A row of statistics as the contract shows it. `by`: the part that its value is of. */
export function rowToProto(row: Row, by: PartName | undefined): MessageInitShape<typeof StatsRowSchema> {
  const { channel, country, provider, workspace, value, start, counts, times } = row;
  const count = (name: Exclude<keyof typeof counts, 'settled'>) => BigInt(counts[name]);
  const perApproval = counts.approvals > 0 ? Math.round(counts.spendMicros / counts.approvals) : 0;
  return {
    ...(channel && { channel: channelEnum(channel as ChannelName) }),
    country,
    provider,
    workspace,
    ...(by && { [FIELDS[by]]: value }),
    ...(start > 0 && { start: timestampFromMs(start) }),
    sends: count('sends'),
    accepted: count('accepted'),
    delivered: count('delivered'),
    failed: count('failed'),
    approvals: count('approvals'),
    wrongCodes: count('wrongCodes'),
    refused: count('refused'),
    refusedTotal: count('refusedTotal'),
    conversion: counts.sends > 0 ? counts.approvals / counts.sends : 0,
    spendMicros: count('spendMicros'),
    spendPerApprovalMicros: BigInt(perApproval),
    ...(times.approval && { timeToApproval: quantilesToProto(times.approval) }),
    ...(times.delivery && { timeToDelivery: quantilesToProto(times.delivery) }),
  };
}

const quantilesToProto = ({
  count,
  p50,
  p90,
  p99,
}: Quantiles): MessageInitShape<typeof DurationQuantilesSchema> => ({
  count: BigInt(count),
  p50: durationFromMs(Math.round(p50)),
  p90: durationFromMs(Math.round(p90)),
  p99: durationFromMs(Math.round(p99)),
});
