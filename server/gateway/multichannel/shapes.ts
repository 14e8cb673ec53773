import { timestampDate } from '@bufbuild/protobuf/wkt';
import { z } from 'zod';
import { DeliveryState, type Session, SessionStatus } from '../../../gen/otp/v1/session_pb.js';
import { channelEnum, channelName, isChannelName } from '../../domain/channels.js';
import { verbatim } from '../../domain/exactJson.js';
import { invalid } from '../../errors.js';
import { optional } from '../shapes.js';

/** Channel names of this dialect. */
export const channel = z.enum(['email', 'sms', 'whatsapp']);

/** A channel as a caller may write it: any other word is not malformed but an unsupported channel. */
export const channelWord = z.string().min(1).max(32).meta({ enum: channel.options });

/** The contract's channels for a list of words. Throws CHANNEL_NOT_SUPPORTED naming the entry. */
export const readChannels = (words: readonly string[] | undefined, field: string) =>
  (words ?? []).map((word, index) => {
    if (!isChannelName(word))
      throw invalid(`${field}[${index}]`, 'is not a channel', 'CHANNEL_NOT_SUPPORTED');
    return channelEnum(word);
  });

/** Something per channel: `{email?, sms?, whatsapp?}`. */
export const perChannel = <V extends z.ZodType>(value: V) =>
  z.object({ email: value.optional(), sms: value.optional(), whatsapp: value.optional() });

/** The same in a request, where `null` means a channel that is not named. */
export const givenPerChannel = <V extends z.ZodType>(value: V) =>
  z.object({ email: optional(value), sms: optional(value), whatsapp: optional(value) });

/** Every response: the fields flat, and again in `data`. */
export function twice<F extends z.ZodRawShape, D extends z.ZodRawShape>(flat: F, data: D) {
  return z.object({
    success: z.literal(true),
    message: z.string().optional(),
    ...flat,
    data: z.object({ ...flat, ...data }),
  });
}

const STATUSES: Readonly<Record<number, string>> = {
  [SessionStatus.PENDING]: 'PENDING',
  [SessionStatus.PARTIAL]: 'PARTIAL',
  [SessionStatus.APPROVED]: 'APPROVED',
  [SessionStatus.CANCELED]: 'CANCELED',
  [SessionStatus.EXPIRED]: 'EXPIRED',
  [SessionStatus.LOCKED]: 'LOCKED',
};

const DELIVERY: Readonly<Record<number, string>> = {
  [DeliveryState.QUEUED]: 'queued',
  [DeliveryState.ACCEPTED]: 'accepted',
  [DeliveryState.DELIVERED]: 'delivered',
  [DeliveryState.FAILED]: 'failed',
  [DeliveryState.NOT_SENT]: 'not_sent',
  [DeliveryState.WAITING]: 'waiting',
};

export const status = z.enum(['PENDING', 'PARTIAL', 'APPROVED', 'CANCELED', 'EXPIRED', 'LOCKED']);

/** A session's status as a word. */
export const statusWord = (value: SessionStatus): string => STATUSES[value] ?? 'PENDING';

/** The status a word stands for; UNSPECIFIED for none. */
export const statusOfWord = (word: z.output<typeof status> | undefined): SessionStatus =>
  word === undefined ? SessionStatus.UNSPECIFIED : SessionStatus[word];

const channelShape = z.object({
  recipient: z.string().describe('With its middle hidden'),
  verified: z.boolean(),
  delivery_status: z.enum(['queued', 'accepted', 'delivered', 'failed', 'not_sent', 'waiting']),
  due_at: z.iso
    .datetime()
    .optional()
    .describe('While it waits for other channels: when it is sent at the latest'),
});

/** A session as this dialect shows it. */
export const sessionShape = z
  .object({
    session_id: z.uuid(),
    status,
    sandbox: z.boolean(),
    purpose: z.string(),
    metadata: z.record(z.string(), z.unknown()),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    attempts_remaining: z.int(),
    channels: perChannel(channelShape),
  })
  .meta({ id: 'MultichannelSession' });

export const presentSession = (session: Session) => ({
  session_id: session.id,
  status: statusWord(session.status),
  sandbox: session.sandbox,
  purpose: session.purpose,
  metadata: verbatim(session.metadata ?? {}),
  created_at: timestampDate(session.createdAt!).toISOString(),
  expires_at: timestampDate(session.expiresAt!).toISOString(),
  attempts_remaining: session.attemptsRemaining,
  channels: Object.fromEntries(
    session.channels.map((one) => [
      channelName(one.channel),
      {
        recipient: one.maskedRecipient,
        verified: one.verified,
        delivery_status: DELIVERY[one.deliveryState] ?? 'queued',
        ...(one.dueAt && { due_at: timestampDate(one.dueAt).toISOString() }),
      },
    ]),
  ),
});

/** What send and resend return. */
interface Sent {
  readonly message: string;
  readonly session: Session;
  /** What names the session in the calls that follow. */
  readonly token: string;
  readonly sandboxCodes: Readonly<Record<string, string>>;
}

/** What was sent where, as send and resend return it. */
export function presentSent({ message, session, token, sandboxCodes: codes }: Sent) {
  const shown = presentSession(session);
  const names = Object.keys(shown.channels);
  const each = <T>(value: (one: z.output<typeof channelShape>) => T) =>
    Object.fromEntries(Object.entries(shown.channels).map(([name, one]) => [name, value(one as never)]));
  const flat = {
    session_id: session.id,
    // The document's verify takes `token`, the vendor's client sends `session_token`.
    token,
    session_token: token,
    expires_at: shown.expires_at,
    status: shown.status,
    channels: names,
    recipients: each(({ recipient }) => recipient),
    channels_results: each(({ recipient, delivery_status }) => ({
      success: delivery_status !== 'failed',
      status: delivery_status,
      recipient,
    })),
    attempts_remaining: shown.attempts_remaining,
    sandbox: session.sandbox,
    ...(session.resendAvailableAt && {
      resend_available_at: timestampDate(session.resendAvailableAt).toISOString(),
    }),
    ...(session.sandbox && { sandbox_otps: codes }),
  };
  return { success: true, message, ...flat, data: { ...flat, ...(session.sandbox && { otps: codes }) } };
}
