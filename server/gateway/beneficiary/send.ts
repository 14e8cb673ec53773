import { z } from 'zod';
import { OtpService } from '../../../gen/otp/v1/otp_service_pb.js';
import { Channel } from '../../../gen/otp/v1/session_pb.js';
import { idToOtp } from '../../domain/ids.js';
import { invalid } from '../../errors.js';
import { route } from '../dialect.js';
import { sandboxHeader } from '../sandboxHeader.js';
import { optional, secondsUntil, text } from '../shapes.js';
import { contractOperation, givenOperation } from './operation.js';

const CHANNELS: Readonly<Record<string, Channel>> = { SMS: Channel.SMS, EMAIL: Channel.EMAIL };

/** `POST /v1/otp/send`: asks the sponsor to send an OTP to the beneficiary. */
export const send = route({
  method: 'POST',
  path: '/v1/otp/send',
  summary: 'Send an OTP to the address on file for a beneficiary',
  calls: OtpService.method.send,
  rules: { limitsClient: true },
  sandboxCode: true,
  body: z.object({
    beneficiary_id: text(128),
    sponsor_slug: text(64),
    channel: z
      .string()
      .min(1)
      .max(32)
      .meta({ enum: ['SMS', 'EMAIL'], default: 'SMS' })
      .optional(),
    operation: optional(givenOperation),
  }),
  response: z.object({
    otp_id: z.string(),
    channel: z.enum(['SMS', 'EMAIL']),
    expires_in: z.int().describe('Seconds the OTP is valid'),
    masked_destination: z.string(),
  }),
  example: {
    body: {
      beneficiary_id: 'bnf_01HW8GQ2KMNP3F4R5T6Y7U8I9O',
      sponsor_slug: 'sponsor-sandbox',
      channel: 'SMS',
    },
    response: {
      otp_id: 'otp_01HX9NPQ12ABCDEFGH34567890',
      channel: 'SMS',
      expires_in: 300,
      masked_destination: '+57 300 *** ** 42',
    },
  },
  async handle({ body, requestKey, person, now, call }) {
    const name = body.channel ?? 'SMS';
    const channel = Object.hasOwn(CHANNELS, name) ? CHANNELS[name] : undefined;
    if (channel === undefined) throw invalid('channel', 'must be SMS or EMAIL', 'CHANNEL_NOT_SUPPORTED');
    const { session, sandboxCodes } = await call({
      beneficiary: { beneficiaryId: body.beneficiary_id, sponsorSlug: body.sponsor_slug },
      channels: [channel],
      ...(body.operation && { operation: contractOperation(body.operation) }),
      requestId: requestKey,
      ...person,
    });
    const { id, expiresAt, channels } = session!;
    return {
      body: {
        otp_id: idToOtp(id),
        channel: name,
        expires_in: secondsUntil(expiresAt!, now()),
        masked_destination: channels[0]!.maskedRecipient,
      },
      headers: sandboxHeader(sandboxCodes),
    };
  },
});
