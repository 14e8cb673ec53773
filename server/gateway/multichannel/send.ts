import { isIP } from 'node:net';
import type { JsonValue } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { z } from 'zod';
import { OtpService } from '../../../gen/otp/v1/otp_service_pb.js';
import { Strategy } from '../../../gen/otp/v1/session_pb.js';
import { type ChannelName, channelEnum } from '../../domain/channels.js';
import { MINUTE_MS } from '../../platform/durations.js';
import { SESSION_LIMITS } from '../../session/limits.js';
import { route } from '../dialect.js';
import { channel, channelWord, perChannel, presentSent, readChannels, twice } from './shapes.js';

/** This dialect's own default: its document says ten minutes. */
const EXPIRY_MINUTES = 10;

const PURPOSE = /^[A-Za-z0-9._-]{1,64}$/;

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
    session_token: z.string().optional().describe('What verify and resend take'),
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

/** The recipients of the channels asked for; an address for another channel is not used. */
function chosen(
  recipients: Partial<Record<ChannelName, string | undefined>>,
  channels: readonly string[] | undefined,
) {
  const asked = Object.entries(recipients).filter(
    ([name, address]) => address && (channels?.includes(name) ?? true),
  );
  return Object.fromEntries(asked) as Record<ChannelName, string>;
}

/** `POST /api/v1/otp/send`: opens a session and sends a code to one or more channels. */
export const send = route({
  method: 'POST',
  path: '/api/v1/otp/send',
  summary: 'Send OTP to one or more channels',
  calls: OtpService.method.send,
  body: z.object({
    channels: z.array(channelWord).min(1).max(3).optional(),
    recipients: perChannel(z.string().max(254)),
    config: z
      .object({
        otp_length: z.int().min(codeLength.min).max(codeLength.max).optional(),
        expiry_minutes: z
          .int()
          .min(lifetimeSeconds.min / 60)
          .max(lifetimeSeconds.maxLong / 60)
          .optional(),
        max_attempts: z.int().min(attempts.min).max(attempts.max).optional(),
      })
      .optional(),
    verification: z
      .object({
        strategy: z.enum(['all', 'any', 'specific']).optional(),
        channels: z.array(channel).max(3).optional(),
      })
      .optional(),
    fallback: fallback.optional(),
    // What a JSON body holds is JSON; and a shape that says so by naming itself cannot stand in a description.
    metadata: z.record(z.string(), z.custom<JsonValue>()).optional(),
    add_contact: z.boolean().optional(),
    sandbox_mode: z.boolean().optional(),
    sender_id: z.string().max(254).optional(),
    locale: z.string().max(35).optional(),
  }),
  response: sent,
  async handle({ body, requestKey, call }) {
    const { config, verification, metadata = {} } = body;
    const { ip_address: ip, purpose } = metadata;
    const { session, sessionToken, sandboxCodes } = await call({
      recipients: chosen(body.recipients, body.channels),
      channels: readChannels(body.channels, 'channels'),
      config: {
        ...(config?.otp_length !== undefined && { codeLength: config.otp_length }),
        ...(config?.max_attempts !== undefined && { maxAttempts: config.max_attempts }),
        lifetime: durationFromMs((config?.expiry_minutes ?? EXPIRY_MINUTES) * MINUTE_MS),
      },
      ...(verification && {
        policy: {
          strategy: verification.strategy ? STRATEGIES[verification.strategy] : Strategy.UNSPECIFIED,
          channels: readChannels(verification.channels, 'verification.channels'),
        },
      }),
      fallback: (body.fallback ?? []).map((step) => ({
        channel: channelEnum(step.channel),
        wait: durationFromMs(step.wait_seconds * 1000),
      })),
      metadata,
      purpose: typeof purpose === 'string' && PURPOSE.test(purpose) ? purpose : '',
      // Metadata is free: an IP address that is not valid is kept with the rest and not counted.
      endUserIp: typeof ip === 'string' && isIP(ip) !== 0 ? ip : '',
      addContact: body.add_contact ?? false,
      sandbox: body.sandbox_mode ?? false,
      senderId: body.sender_id ?? '',
      locale: body.locale ?? '',
      requestId: requestKey,
    });
    return { body: presentSent(session!, sessionToken, sandboxCodes) };
  },
});
