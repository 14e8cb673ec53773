import type { MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { BreakerState, type ProviderSchema } from '../../../gen/otp/admin/v1/provider_service_pb.js';
import type { DeliveryAttemptSchema } from '../../../gen/otp/admin/v1/session_service_pb.js';
import { timestampField } from '../../contract/timestampField.js';
import type { BreakerState as BreakerWord } from '../../delivery/breakers.js';
import type { Outcome } from '../../delivery/provider.js';
import { channelEnum } from '../../domain/channels.js';
import { attemptToProto, outcomeOf } from '../sessions/deliveries.js';
import type { Standing } from './standings.js';
import type { Use } from './use.js';

const BREAKERS: Readonly<Record<BreakerWord, BreakerState>> = {
  closed: BreakerState.CLOSED,
  open: BreakerState.OPEN,
  'half-open': BreakerState.HALF_OPEN,
};

/** A provider as the contract shows it. `acceptedOfChannel`: messages of the channel that any provider accepted. */
export function providerToProto(
  { channel, breaker, breakerSince, settings, ...standing }: Standing,
  use: Use | undefined,
  acceptedOfChannel: number,
): MessageInitShape<typeof ProviderSchema> {
  const { attempts = [], queuedSince = [], lastFailure } = use ?? {};
  const accepted = attempts.filter(({ outcome }) => outcome === 'accepted');
  const times = attempts.map(({ ms }) => ms).sort((a, b) => a - b);
  const lastSuccess = newestOf(accepted.map(({ at }) => at));
  const oldest = newestOf(queuedSince, -1);
  return {
    ...standing,
    settings: [...settings],
    channel: channelEnum(channel),
    breaker: BREAKERS[breaker],
    ...timestampField('breakerSince', breakerSince),
    attempts: BigInt(attempts.length),
    accepted: BigInt(accepted.length),
    share: acceptedOfChannel > 0 ? accepted.length / acceptedOfChannel : 0,
    ...(times.length > 0 && { responseTime: durationFromMs(times[times.length >> 1]!) }),
    ...(lastSuccess && { lastSuccessAt: timestampFromDate(lastSuccess) }),
    ...(lastFailure && { lastFailure: attemptToProto(lastFailure.session, lastFailure.attempt) }),
    queued: BigInt(queuedSince.length),
    ...(oldest && { oldestQueuedAt: timestampFromDate(oldest) }),
  };
}

/** The newest of some moments, or with -1 the oldest. */
const newestOf = (dates: readonly Date[], sign = 1): Date | undefined =>
  dates.reduce<Date | undefined>(
    (found, date) => (found && sign * (found.getTime() - date.getTime()) >= 0 ? found : date),
    undefined,
  );

/** A check of credentials as a delivery attempt: without a message, and with the vendor's own words. */
export function checkToProto(
  provider: string,
  outcome: Outcome,
  { at, ms }: { readonly at: number; readonly ms: number },
): MessageInitShape<typeof DeliveryAttemptSchema> {
  const failure = outcome.kind === 'accepted' ? undefined : outcome;
  return {
    number: 1,
    provider,
    at: timestampFromDate(new Date(at)),
    duration: durationFromMs(Math.round(ms)),
    outcome: outcomeOf({ outcome: outcome.kind, ...(failure && { error: failure.error }) }),
    error: failure?.error ?? '',
    vendorCode: failure?.vendor?.code ?? '',
    vendorText: failure?.vendor?.text ?? '',
  };
}
