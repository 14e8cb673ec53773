import type { SendRequest } from '../../../gen/otp/v1/otp_service_pb.js';
import { type ChannelName, channelName } from '../../domain/channels.js';
import { invalid } from '../../errors.js';
import type { FallbackStep } from '../../session/fallback.js';
import { SESSION_LIMITS } from '../../session/limits.js';

/**
 * The channels that wait for others, in order; none without a fallback. Throws
 * INVALID_REQUEST naming the field where a step could never be taken, or where
 * no channel would be sent to at once.
 */
export function parseFallback(
  { fallback }: Pick<SendRequest, 'fallback'>,
  channels: readonly ChannelName[],
  lifetimeMs: number,
): readonly FallbackStep[] {
  const { leftSeconds } = SESSION_LIMITS.fallback;
  const steps: FallbackStep[] = [];
  let leftMs = lifetimeMs;
  for (const [index, { channel, wait }] of fallback.entries()) {
    const field = (name: string) => `fallback[${index}].${name}`;
    const name = channelName(channel);
    if (!name || !channels.includes(name))
      throw invalid(field('channel'), 'must be a channel of this session');
    if (steps.some((earlier) => earlier.channel === name))
      throw invalid(field('channel'), 'must not be that of an earlier step');
    if (wait?.nanos) throw invalid(field('wait'), 'must be whole seconds');
    const afterMs = Number(wait?.seconds) * 1000;
    leftMs -= afterMs;
    if (leftMs < leftSeconds * 1000) {
      throw invalid(field('wait'), `must leave at least ${leftSeconds} seconds of the lifetime`);
    }
    steps.push({ channel: name, afterMs });
  }
  if (steps.length === channels.length)
    throw invalid('fallback', 'must leave at least one channel that is sent to at once');
  return steps;
}
