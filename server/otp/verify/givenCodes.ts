import type { VerifyRequest } from '../../../gen/otp/v1/otp_service_pb.js';
import { type ChannelName, isChannelName } from '../../domain/channels.js';
import { readCode } from '../../domain/codes.js';
import { Failure, invalid } from '../../errors.js';
import { channelsOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';
import type { GivenCodes } from './checkCodes.js';

/**
 * The codes of a request by channel, as they are compared; a code without a
 * channel belongs to the only one there is. A code of which nothing is left is
 * not given, and nothing is counted for it.
 */
export function givenCodes(
  request: Pick<VerifyRequest, 'code' | 'codes'>,
  session: StoredSession,
): GivenCodes {
  const code = readCode(request.code);
  const byChannel = Object.entries(request.codes)
    .filter((entry): entry is [ChannelName, string] => isChannelName(entry[0]))
    .map(([channel, text]): [ChannelName, string] => [channel, readCode(text)])
    .filter(([, read]) => read !== '');
  if (code && byChannel.length > 0) throw invalid('code', 'must not be given together with codes');
  if (byChannel.length > 0) return new Map(byChannel);
  if (!code) throw invalid('code', 'is required, or codes');
  const [only, ...others] = channelsOf(session);
  if (!only || others.length > 0)
    throw new Failure('CHANNEL_REQUIRED', { violations: [{ field: 'codes', description: 'is required' }] });
  return new Map([[only[0], code]]);
}
