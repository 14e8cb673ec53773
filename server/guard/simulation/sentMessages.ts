import type { ChannelName } from '../../domain/channels.js';
import { channelsOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';
import { guardedPhones } from '../guardedPhones.js';
import type { RefusedRecipient } from '../stored.js';

/** A guarded phone of a session. */
export type SentPhone = RefusedRecipient & { readonly budget: string };

/** What is known of a session's messages to phones. */
export interface SentSession {
  readonly id: string;
  readonly source: string | undefined;
  readonly phones: readonly SentPhone[];
  /** What the messages of each channel cost on average, refunds subtracted, micro-units. */
  readonly price: ReadonlyMap<ChannelName, number>;
  readonly events: readonly SentEvent[];
}

/** What happened to messages, in the order in which it did. */
export type SentEvent =
  | { readonly kind: 'sent'; readonly at: number; readonly channels: readonly ChannelName[] }
  | { readonly kind: 'approved' | 'failed'; readonly at: number; readonly channel: ChannelName };

/** Reads a stored session's messages to phones; undefined where it has none. */
export function sentMessagesOf(session: StoredSession): SentSession | undefined {
  const channels = channelsOf(session);
  const phones = guardedPhones(channels).map((phone) => ({
    ...phone,
    budget: session.channels[phone.channel]?.budget ?? phone.recipient,
  }));
  if (phones.length === 0) return undefined;
  const names = new Set(phones.map(({ channel }) => channel));
  const sent = sendsOf(session, names);
  const outcomes = session.events.flatMap(({ type, at, channel }): SentEvent[] => {
    if (!channel || !names.has(channel)) return [];
    const [kind] =
      type === 'session.partial' || type === 'session.approved'
        ? ['approved' as const]
        : type === 'delivery.failed' || type === 'unsent'
          ? ['failed' as const]
          : [];
    return kind ? [{ kind, at: at.getTime(), channel }] : [];
  });
  return {
    id: session._id,
    source: session.source,
    phones,
    price: priceOf(session, sent),
    events: [...sent, ...outcomes],
  };
}

/** The first message of each channel, and one of each resend. */
function sendsOf({ createdAt, marks = [] }: StoredSession, names: ReadonlySet<ChannelName>) {
  const resent = new Map<number, ChannelName[]>();
  for (const { type, at, channel } of marks) {
    if (type !== 'resent' || !names.has(channel)) continue;
    resent.set(at.getTime(), [...(resent.get(at.getTime()) ?? []), channel]);
  }
  return [[createdAt.getTime(), [...names]] as const, ...resent].map(([at, channels]) => ({
    kind: 'sent' as const,
    at,
    channels,
  }));
}

function priceOf(
  { charges = {}, events }: StoredSession,
  sent: readonly { readonly channels: readonly ChannelName[] }[],
): ReadonlyMap<ChannelName, number> {
  const paid = new Map<ChannelName, number>();
  const add = (channel: ChannelName, amount: number) => paid.set(channel, (paid.get(channel) ?? 0) + amount);
  for (const debit of Object.values(charges))
    for (const [channel, amount] of Object.entries(debit)) add(channel as ChannelName, amount);
  for (const { type, channel, charge } of events)
    if (type === 'refund' && channel && charge) add(channel, -charge.amount);
  return new Map(
    [...paid].map(([channel, amount]) => {
      const messages = sent.filter(({ channels }) => channels.includes(channel)).length;
      return [channel, amount / Math.max(1, messages)];
    }),
  );
}
