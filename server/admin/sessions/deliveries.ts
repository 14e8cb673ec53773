import type { MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type DeliveryAttemptSchema,
  DeliveryOutcome,
  type DeliverySchema,
} from '../../../gen/otp/admin/v1/session_service_pb.js';
import { DeliveryState } from '../../../gen/otp/v1/session_pb.js';
import { CHANNELS, type ChannelName, channelEnum } from '../../domain/channels.js';
import { channelsOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';
import type { StoredAttempt } from '../../session/storedDelivery.js';

/** What the words of delivery/words.ts are in the contract; the others are refusals. */
const FAILED: Readonly<Record<string, DeliveryOutcome>> = {
  WRONG_RECIPIENT: DeliveryOutcome.WRONG_RECIPIENT,
  RECIPIENT_UNAVAILABLE: DeliveryOutcome.RECIPIENT_UNAVAILABLE,
  OPTED_OUT: DeliveryOutcome.OPTED_OUT,
  MISCONFIGURED: DeliveryOutcome.MISCONFIGURED,
  QUOTA_EXCEEDED: DeliveryOutcome.MISCONFIGURED,
};

/** The result of a delivery attempt in the contract. */
export const outcomeOf = ({
  outcome,
  error = '',
}: Pick<StoredAttempt, 'outcome' | 'error'>): DeliveryOutcome => {
  if (outcome === 'accepted') return DeliveryOutcome.ACCEPTED;
  return outcome === 'retry' ? DeliveryOutcome.RETRY : (FAILED[error] ?? DeliveryOutcome.REFUSED);
};

/** The delivery attempts of one message, oldest first. */
export const attemptsOf = (session: StoredSession, channel: ChannelName, n: number): StoredAttempt[] =>
  (session.attempts ?? []).filter((one) => one.channel === channel && one.n === n);

/** When a vendor reported on a message, and what; undefined where none did. */
function receiptOf({ events, channels }: StoredSession, { channel, n, vendorId, outcome }: StoredAttempt) {
  if (outcome !== 'accepted') return undefined;
  const ended = (type: string) => events.find(({ id }) => id === `${type}.${channel}.${n}`);
  const delivered = ended('delivery.delivered');
  if (delivered) return { at: timestampFromDate(delivered.at), state: DeliveryState.DELIVERED };
  const failed = ended('delivery.failed');
  if (!failed) return undefined;
  const { delivery } = channels[channel] ?? {};
  const receipt =
    delivery?.n === n && delivery.vendorId === vendorId ? (delivery.receipt ?? undefined) : undefined;
  return {
    at: timestampFromDate(receipt?.at ?? failed.at),
    state: DeliveryState.FAILED,
    vendorCode: receipt?.code ?? '',
    vendorText: receipt?.text ?? '',
  };
}

/** A delivery attempt as the contract shows it. */
export function attemptToProto(
  session: StoredSession,
  attempt: StoredAttempt,
): MessageInitShape<typeof DeliveryAttemptSchema> {
  const { channel, n, provider, at, ms, error, vendorCode, vendorText, vendorId } = attempt;
  const receipt = receiptOf(session, attempt);
  return {
    number: attemptsOf(session, channel, n).indexOf(attempt) + 1,
    provider,
    at: timestampFromDate(at),
    duration: durationFromMs(ms),
    outcome: outcomeOf(attempt),
    error: error ?? '',
    vendorCode: vendorCode ?? '',
    vendorText: vendorText ?? '',
    vendorMessageId: vendorId ?? '',
    ...(receipt && { receipt }),
  };
}

/** The last state that the history has for a message that another one has replaced. */
const STATES = [
  ['delivery.delivered', DeliveryState.DELIVERED],
  ['delivery.failed', DeliveryState.FAILED],
  ['delivery.accepted', DeliveryState.ACCEPTED],
] as const;

/** The messages of a session with their delivery attempts, oldest first. */
export function deliveriesOf(session: StoredSession): MessageInitShape<typeof DeliverySchema>[] {
  const newest = Math.max(0, ...channelsOf(session).map(([, { delivery }]) => delivery.n));
  const numbers = Array.from({ length: newest }, (_, i) => i + 1);
  return numbers.flatMap((n) =>
    CHANNELS.flatMap((channel) => {
      const current = session.channels[channel]?.delivery;
      if (!current || n > current.n) return [];
      const ended = (type: string) => session.events.find(({ id }) => id === `${type}.${channel}.${n}`);
      const [type, state] = STATES.find(([one]) => ended(one)) ?? [];
      const isCurrent = n === current.n;
      return [
        {
          channel: channelEnum(channel),
          codeNumber: n,
          state: isCurrent
            ? current.waits
              ? DeliveryState.WAITING
              : DeliveryState[current.state]
            : (state ?? DeliveryState.NOT_SENT),
          error: (isCurrent ? current.error : type && ended(type)?.error) ?? '',
          attempts: attemptsOf(session, channel, n).map((attempt) => attemptToProto(session, attempt)),
        },
      ];
    }),
  );
}
