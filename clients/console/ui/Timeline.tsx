import type { TimelineEvent } from '../../../gen/otp/admin/v1/session_service_pb.js';
import { EventType } from '../../../gen/otp/v1/otp_service_pb.js';
import { bothTimes, count, dateOf, duration, preciseTime } from '../format.js';
import { channelOf, nameOf, outcomeOf, type Tone } from '../words.js';

interface Description {
  readonly tone: Tone;
  readonly title: string;
  readonly more?: string;
}

const WORDS: Partial<Record<EventType, readonly [title: string, tone: Tone]>> = {
  [EventType.SESSION_CREATED]: ['Session created', 'off'],
  [EventType.SESSION_PARTIAL]: ['One channel verified', 'part'],
  [EventType.SESSION_APPROVED]: ['Approved', 'ok'],
  [EventType.SESSION_LOCKED]: ['Locked', 'bad'],
  [EventType.SESSION_EXPIRED]: ['Expired', 'off'],
  [EventType.SESSION_CANCELED]: ['Cancelled', 'off'],
  [EventType.DELIVERY_ACCEPTED]: ['Accepted', 'off'],
  [EventType.DELIVERY_DELIVERED]: ['Delivered', 'ok'],
  [EventType.DELIVERY_FAILED]: ['Delivery failed', 'bad'],
  [EventType.CODE_REJECTED]: ['Wrong code', 'bad'],
  [EventType.CODE_RESENT]: ['New code sent', 'off'],
  [EventType.FALLBACK_STARTED]: ['Fallback started', 'wait'],
  [EventType.TOKEN_REDEEMED]: ['Verification token redeemed', 'ok'],
  [EventType.WEBHOOK_DELIVERED]: ['Webhook delivered', 'ok'],
};

function describe({
  event,
  attempt,
  actor,
  operation,
  count: times,
  webhookEndpointId,
}: TimelineEvent): Description {
  const channel = event?.channel ? channelOf(event.channel) : '';
  if (attempt && event?.type === EventType.DELIVERY_ATTEMPTED) {
    const { word, tone } = outcomeOf(attempt.outcome);
    const vendor = [attempt.vendorCode, attempt.vendorText].filter(Boolean).join(' ') || attempt.error;
    return {
      tone,
      title: `${channel} by ${attempt.provider}, attempt ${attempt.number}: ${word}`,
      more: [duration(attempt.duration), vendor, attempt.vendorMessageId].filter(Boolean).join(' · '),
    };
  }
  const [title, tone] = WORDS[event?.type ?? 0] ?? [nameOf(EventType, event?.type ?? 0), 'off'];
  const isWrong = event?.type === EventType.CODE_REJECTED;
  return {
    tone,
    title: [title, channel && `(${channel})`].filter(Boolean).join(' '),
    more: [
      attempt && `by ${attempt.provider}`,
      actor && `by ${actor}`,
      event?.error,
      isWrong && `${count(event?.attemptsRemaining ?? 0)} attempts left`,
      operation && `${operation.type} ${operation.id}`,
      webhookEndpointId,
      times > 1 && `${count(times)} times`,
    ]
      .filter(Boolean)
      .join(' · '),
  };
}

/** What happened to a session, in the order of time. */
export const Timeline = ({ events }: { readonly events: readonly TimelineEvent[] }) => (
  <ol class="timeline">
    {events.map((one) => {
      const { tone, title, more } = describe(one);
      const at = dateOf(one.event?.at);
      return (
        <li key={one.event?.id || `${title} ${at?.getTime()}`} class={tone}>
          {at ? (
            <time class="mono" dateTime={at.toISOString()} title={bothTimes(at)}>
              {preciseTime(at)}
            </time>
          ) : (
            <span />
          )}
          <span class="dot" />
          <p>
            <b>{title}</b>
            {more && <span class="soft"> {more}</span>}
          </p>
        </li>
      );
    })}
  </ol>
);
