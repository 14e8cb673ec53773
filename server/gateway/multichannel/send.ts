import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { z } from 'zod';
import { OtpService } from '../../../gen/otp/v1/otp_service_pb.js';
import { Strategy } from '../../../gen/otp/v1/session_pb.js';
import { type ChannelName, channelEnum } from '../../domain/channels.js';
import { compactJson, jsonTextOf, memberText, readExactJson } from '../../domain/exactJson.js';
import { readRecipient } from '../../domain/recipients.js';
import { invalid } from '../../errors.js';
import { MINUTE_MS } from '../../platform/durations.js';
import { SESSION_LIMITS } from '../../session/limits.js';
import { route } from '../dialect.js';
import { oneGiven, optional } from '../shapes.js';
import {
  channel,
  channelWord,
  givenPerChannel,
  perChannel,
  presentSent,
  readChannels,
  twice,
} from './shapes.js';

/** This dialect's own default: its document says ten minutes. */
const EXPIRY_MINUTES = 10;

/** As the contract has it. */
const LOCALE = '^([A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3})?$';

const { codeLength, lifetimeSeconds, attempts, fallback: steps } = SESSION_LIMITS;

/** Channels used one after the other, where those before them did not help. */
const fallback = z
  .array(z.object({ channel, wait_seconds: z.int().min(steps.waitSeconds.min).max(steps.waitSeconds.max) }))
  .max(steps.steps)
  .describe('With it any one channel is enough; see SendRequest.fallback of the gRPC contract');

const STRATEGIES = { all: Strategy.ALL, any: Strategy.ANY, specific: Strategy.SPECIFIC } as const;

/** The response of send and of resend. */
export const sent = twice(
  {
    session_id: z.uuid(),
    token: z.string().describe('What verify and resend take'),
    session_token: z.string().describe('The same, under the name that the vendor’s client uses'),
    expires_at: z.iso.datetime(),
    status: z.string(),
    channels: z.array(channel),
    recipients: perChannel(z.string()),
    channels_results: perChannel(
      z.object({ success: z.boolean(), status: z.string(), recipient: z.string() }),
    ),
    attempts_remaining: z.int(),
    sandbox: z.boolean(),
    resend_available_at: z.iso.datetime().optional(),
    sandbox_otps: perChannel(z.string()).optional().describe('Sandbox only'),
  },
  { otps: perChannel(z.string()).optional().describe('Sandbox only') },
);

type Recipients = Partial<Record<ChannelName, string | undefined>>;

/** What of a request the strategy follows from. */
interface Strategic {
  readonly recipients: Recipients;
  readonly channels?: readonly string[] | undefined;
  readonly verification?: { readonly channels?: readonly string[] | undefined } | undefined;
}

/** The recipients of the channels asked for; an address for another channel is not used. */
function chosen(recipients: Recipients, channels: readonly string[] | undefined) {
  const asked = Object.entries(recipients).filter(
    ([name, address]) => address && (channels?.includes(name) ?? true),
  );
  return Object.fromEntries(asked) as Record<ChannelName, string>;
}

/**
 * The document lets a user who was sent codes by SMS and WhatsApp verify with
 * either: where all recipients are one phone, each code proves the same.
 */
function defaultStrategy({ recipients, channels, verification }: Strategic): Strategy {
  const addresses = Object.entries(chosen(recipients, channels)) as [ChannelName, string][];
  if (addresses.length < 2 || verification?.channels) return Strategy.UNSPECIFIED;
  const phones = addresses.map(
    ([name, address]) => name !== 'email' && readRecipient(name, address)?.identity,
  );
  return phones[0] && phones.every((phone) => phone === phones[0]) ? Strategy.ANY : Strategy.UNSPECIFIED;
}

/** metadata.ip_address, which the document has counted. What cannot be one is refused, and not left uncounted in silence. */
function readIpAddress(value: JsonValue | undefined): string {
  if (value === undefined || value === null || value === '') return '';
  if (typeof value === 'string' && value.length <= 512) return value;
  throw invalid('metadata.ip_address', 'must be an IP address');
}

const EXAMPLE = {
  session_id: '0198c2f4-7d1a-7c31-9a52-3f1f0c6f8f10',
  token: 'eyJhbGc...',
  session_token: 'eyJhbGc...',
  expires_at: '2030-01-31T12:10:00.000Z',
  status: 'PENDING',
  channels: ['email'],
  recipients: { email: 'n***r@example.com' },
  channels_results: { email: { success: true, status: 'queued', recipient: 'n***r@example.com' } },
  attempts_remaining: 3,
  sandbox: false,
};

/** `POST /api/v1/otp/send`: opens a session and sends a code to one or more channels. */
export const send = route({
  method: 'POST',
  path: '/api/v1/otp/send',
  summary: 'Send OTP to one or more channels',
  calls: OtpService.method.send,
  body: z.object({
    channels: optional(z.array(channelWord).min(1).max(3).meta({ uniqueItems: true })),
    recipients: givenPerChannel(z.string().max(254)).meta(oneGiven(...channel.options)),
    config: optional(
      z.object({
        otp_length: optional(z.int().min(codeLength.min).max(codeLength.max)),
        expiry_minutes: optional(
          z
            .int()
            .min(lifetimeSeconds.min / 60)
            .max(lifetimeSeconds.max / 60),
        ),
        max_attempts: optional(z.int().min(attempts.min).max(attempts.max)),
      }),
    ),
    verification: optional(
      z.object({
        strategy: optional(z.enum(['all', 'any', 'specific'])),
        channels: optional(z.array(channel).max(3)),
      }),
    ),
    fallback: optional(fallback),
    // What a JSON body holds is JSON, and a description cannot hold a shape that names itself.
    metadata: optional(z.record(z.string(), z.custom<JsonValue>())),
    add_contact: optional(z.boolean()),
    sandbox_mode: optional(z.boolean()),
    sender_id: optional(z.string().max(254)),
    locale: optional(z.string().max(35).meta({ pattern: LOCALE })),
  }),
  response: sent,
  example: {
    body: {
      channels: ['email'],
      recipients: { email: 'newuser@example.com' },
      metadata: { purpose: 'email_verification', user_id: 'user_12345' },
    },
    response: { success: true, message: 'OTP sent successfully', ...EXAMPLE, data: EXAMPLE },
  },
  async handle({ body, requestKey, person, call }) {
    const { config, verification } = body;
    const metadata = exactMetadata(body);
    const { ip_address: ip, purpose } = metadata;
    const { session, sessionToken, sandboxCodes } = await call({
      recipients: chosen(body.recipients, body.channels),
      channels: readChannels(body.channels, 'channels'),
      config: {
        ...(config?.otp_length !== undefined && { codeLength: config.otp_length }),
        ...(config?.max_attempts !== undefined && { maxAttempts: config.max_attempts }),
        lifetime: durationFromMs((config?.expiry_minutes ?? EXPIRY_MINUTES) * MINUTE_MS),
      },
      policy: {
        strategy: verification?.strategy ? STRATEGIES[verification.strategy] : defaultStrategy(body),
        channels: readChannels(verification?.channels, 'verification.channels'),
      },
      fallback: (body.fallback ?? []).map((step) => ({
        channel: channelEnum(step.channel),
        wait: durationFromMs(step.wait_seconds * 1000),
      })),
      metadata,
      purpose: typeof purpose === 'string' ? purpose : '',
      endUserIp: person.endUserIp || readIpAddress(ip),
      deviceId: person.deviceId,
      addContact: body.add_contact ?? false,
      sandbox: body.sandbox_mode ?? false,
      senderId: body.sender_id ?? '',
      locale: body.locale ?? '',
      requestId: requestKey,
    });
    return {
      body: presentSent({
        message: 'OTP sent successfully',
        session: session!,
        token: sessionToken,
        sandboxCodes,
      }),
    };
  },
});

/** The metadata with its own JSON text, so that nothing of it is rounded or lost. */
function exactMetadata(body: { readonly metadata?: JsonObject | undefined }): JsonObject {
  const whole = jsonTextOf(body);
  const text = body.metadata && whole && memberText(whole, 'metadata');
  return text ? (readExactJson(compactJson(text)) as JsonObject) : (body.metadata ?? {});
}
