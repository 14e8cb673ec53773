import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { TimelineEventSchema } from '../../../gen/otp/admin/v1/session_service_pb.js';
import { EventType } from '../../../gen/otp/v1/otp_service_pb.js';
import { type ChannelName, channelEnum } from '../../domain/channels.js';
import { eventToProto } from '../../otp/toProto/eventToProto.js';
import { operationToProto } from '../../otp/toProto/sessionToProto.js';
import { isShown } from '../../session/history.js';
import type { StoredSession } from '../../session/stored.js';
import type { StoredAttempt } from '../../session/storedDelivery.js';
import { attemptsOf, attemptToProto } from './deliveries.js';

/** One event of a timeline, with what orders it. */
export interface TimelineEntry {
  readonly id: string;
  readonly at: number;
  /** When it was stored: what is read before cannot have it. */
  readonly storedAt: number;
  readonly type: EventType;
  readonly channel?: ChannelName;
  readonly event: MessageInitShape<typeof TimelineEventSchema>;
}

/** An event that an endpoint accepted. */
export interface AcceptedWebhook {
  readonly at: Date;
  readonly endpoint: string;
  readonly event: string;
}

/** Of events in the same millisecond, what causes what. */
const ORDER: readonly EventType[] = [
  EventType.SESSION_CREATED,
  EventType.CODE_RESENT,
  EventType.FALLBACK_STARTED,
  EventType.DELIVERY_ATTEMPTED,
  EventType.DELIVERY_ACCEPTED,
  EventType.DELIVERY_DELIVERED,
  EventType.DELIVERY_FAILED,
  EventType.CODE_REJECTED,
  EventType.SESSION_PARTIAL,
  EventType.SESSION_APPROVED,
  EventType.SESSION_LOCKED,
  EventType.SESSION_CANCELED,
  EventType.SESSION_EXPIRED,
  EventType.TOKEN_REDEEMED,
  EventType.WEBHOOK_DELIVERED,
];

/** Everything that happened to a session, oldest first. */
export function timelineOf(
  session: StoredSession,
  webhooks: readonly AcceptedWebhook[] = [],
): TimelineEntry[] {
  return inOrder([
    entry('created', EventType.SESSION_CREATED, session.createdAt),
    ...attempted(session),
    ...recorded(session),
    ...rejected(session),
    ...marked(session),
    ...redeemed(session),
    ...webhooks.map(({ at, endpoint, event }) =>
      entry(`webhook.${endpoint}.${event}`, EventType.WEBHOOK_DELIVERED, at, {
        more: { webhookEndpointId: endpoint, webhookEventId: event },
      }),
    ),
  ]);
}

interface Details {
  readonly channel?: ChannelName | undefined;
  readonly n?: number;
  readonly attemptsRemaining?: number;
  readonly storedAt?: number;
  readonly more?: Omit<MessageInitShape<typeof TimelineEventSchema>, '$typeName' | '$unknown' | 'event'>;
}

function entry(
  id: string,
  type: EventType,
  at: Date,
  { channel, n = 0, attemptsRemaining = 0, storedAt, more }: Details = {},
): TimelineEntry {
  const event = {
    id,
    type,
    at: timestampFromDate(at),
    codeNumber: n,
    attemptsRemaining,
    ...(channel && { channel: channelEnum(channel) }),
  };
  return {
    id,
    at: at.getTime(),
    storedAt: storedAt ?? at.getTime(),
    type,
    ...(channel && { channel }),
    event: { event, ...more },
  };
}

/** Those that are no longer kept are folded into the oldest that is. */
function attempted(session: StoredSession): TimelineEntry[] {
  const { attempts = [], attempted: total = attempts.length } = session;
  return attempts.map((attempt, index) => {
    const { channel, n, at, ms } = attempt;
    const number = attemptsOf(session, channel, n).indexOf(attempt);
    const folded = index === 0 ? total - attempts.length : 0;
    return entry(`attempted.${channel}.${n}.${number}.${at.getTime()}`, EventType.DELIVERY_ATTEMPTED, at, {
      channel,
      n,
      storedAt: at.getTime() + ms,
      more: { attempt: attemptToProto(session, attempt), ...(folded > 0 && { count: folded + 1 }) },
    });
  });
}

function recorded(session: StoredSession): TimelineEntry[] {
  return session.events.filter(isShown).map((stored) => {
    const { id, type, at, channel } = stored;
    const n = type.startsWith('delivery.') ? Number(id.slice(id.lastIndexOf('.') + 1)) : 0;
    const attempt = channel && n > 0 ? endedBy(attemptsOf(session, channel, n), type) : undefined;
    const event = { ...eventToProto(stored), codeNumber: n };
    return {
      id,
      at: at.getTime(),
      storedAt: (stored.storedAt ?? at).getTime(),
      type: event.type!,
      ...(channel && { channel }),
      event: {
        event,
        ...(attempt && { attempt: attemptToProto(session, attempt) }),
        ...(type === 'session.canceled' && session.canceledBy && { actor: session.canceledBy }),
      },
    };
  });
}

/** The delivery attempt that an event of a message is about. */
const endedBy = (attempts: readonly StoredAttempt[], type: string): StoredAttempt | undefined =>
  (type === 'delivery.failed' ? undefined : attempts.findLast(({ outcome }) => outcome === 'accepted')) ??
  attempts.at(-1);

/** Every stored check cost one attempt, so those left after each follow from those left now. */
function rejected({ checks = [], attemptsLeft, only }: StoredSession): TimelineEntry[] {
  return checks.map(({ id, channel = only, at }, index) =>
    entry(id, EventType.CODE_REJECTED, at, {
      channel,
      attemptsRemaining: attemptsLeft + checks.length - 1 - index,
    }),
  );
}

function marked({ marks = [] }: StoredSession): TimelineEntry[] {
  return marks.map(({ type, at, channel, n, by }) =>
    entry(
      `${type}.${channel}.${n}`,
      type === 'resent' ? EventType.CODE_RESENT : EventType.FALLBACK_STARTED,
      at,
      { channel, n, ...(by !== undefined && { more: { actor: by } }) },
    ),
  );
}

function redeemed({ token }: StoredSession): TimelineEntry[] {
  if (!token?.redeemedAt) return [];
  const { redeemedAt, redeemedFor, redeemer } = token;
  const more = {
    ...(redeemedFor && { operation: operationToProto(redeemedFor) }),
    ...(redeemer !== undefined && { actor: redeemer }),
  };
  return [entry('redeemed', EventType.TOKEN_REDEEMED, redeemedAt, { more })];
}

/** By time; in the same millisecond a channel whose fallback begins follows those that failed. */
function inOrder(entries: readonly TimelineEntry[]): TimelineEntry[] {
  const begins = new Map(
    entries.flatMap(({ type, channel, at }) =>
      type === EventType.FALLBACK_STARTED ? [[`${at}.${channel}`, 1] as const] : [],
    ),
  );
  const isDelivery = ({ type }: TimelineEntry) =>
    type >= EventType.DELIVERY_ACCEPTED && type <= EventType.DELIVERY_FAILED;
  const place = (one: TimelineEntry): readonly number[] => {
    const delivers =
      isDelivery(one) || one.type === EventType.DELIVERY_ATTEMPTED || one.type === EventType.FALLBACK_STARTED;
    const stage = one.type === EventType.SESSION_CREATED ? 0 : delivers ? 1 : 2;
    const later = delivers && begins.has(`${one.at}.${one.channel}`) ? 1 : 0;
    return [one.at, one.type === EventType.CODE_RESENT ? 1 : stage, later, ORDER.indexOf(one.type)];
  };
  return [...entries].sort((a, b) => {
    const [left, right] = [place(a), place(b)];
    const index = left.findIndex((value, i) => value !== right[i]);
    return index < 0 ? 0 : left[index]! - right[index]!;
  });
}
