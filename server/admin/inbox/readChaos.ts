import { durationMs } from '@bufbuild/protobuf/wkt';
import type { ChannelChaos } from '../../../gen/otp/admin/v1/inbox_service_pb.js';
import type { ChannelFaults } from '../../delivery/vendors/inbox/chaos.js';
import { invalid } from '../../errors.js';
import { SECOND_MS } from '../../platform/durations.js';
import { namedChannel } from '../shared/channel.js';

const DEFAULT_DELAY_MS = 5 * SECOND_MS;

/** Faults as a request names them. Throws INVALID_REQUEST. */
export function readChaos(channels: readonly ChannelChaos[]): ChannelFaults[] {
  return channels.map((given, at) => {
    const field = `chaos.channels[${at}]`;
    const channel = namedChannel(given.channel, `${field}.channel`);
    if (channels.findIndex((other) => other.channel === given.channel) < at) {
      throw invalid(`${field}.channel`, 'must be named once');
    }
    const { refusePercent, vendorCode, dropPercent, delayPercent, delay } = given;
    if (refusePercent + dropPercent + delayPercent > 100) {
      throw invalid(field, 'must have probabilities of at most 100 in all');
    }
    const delayMs = delay ? durationMs(delay) : DEFAULT_DELAY_MS;
    return { channel, refusePercent, vendorCode, dropPercent, delayPercent, delayMs };
  });
}
