import { z } from 'zod';
import { OtpService } from '../../../gen/otp/v1/otp_service_pb.js';
import { Channel } from '../../../gen/otp/v1/session_pb.js';
import { route } from '../dialect.js';
import { sandboxHeader } from '../sandboxHeader.js';
import { optional, secondsUntil } from '../shapes.js';

const PURPOSES = [
  'LOGIN',
  'PASSWORD_RESET',
  'TRANSACTION',
  'DEVICE_VERIFICATION',
  'EMAIL_VERIFICATION',
  'ACCOUNT_RECOVERY',
  'KYC_VERIFICATION',
] as const;

/** Wrong codes this dialect allows; its document says that attempts are limited and not how far. */
const ATTEMPTS = 5;

/** `POST /v1/messaging/otp/request`: generates a code and sends it by text message. */
export const request = route({
  method: 'POST',
  path: '/v1/messaging/otp/request',
  summary: 'Generate and deliver an OTP',
  calls: OtpService.method.send,
  rules: { reuseAsWorkspaceSays: true },
  sandboxCode: true,
  body: z.object({
    dest: z
      .string()
      .regex(/^\+[1-9]\d{7,14}$/, 'must be a phone number in E.164 form')
      .describe('Phone number in E.164 form'),
    src: z.string().min(3).max(20).describe('The sender'),
    purpose: z.enum(PURPOSES),
    messageTemplate: optional(z.string().max(160)).meta({
      description: 'The text, with <OTP> where the code goes',
      pattern: '<OTP>',
    }),
  }),
  response: z.object({
    success: z.literal(true),
    message: z.string(),
    data: z.object({
      sessionId: z.uuid(),
      expiresInSeconds: z.int(),
      attemptsLeft: z.int(),
      reused: z.boolean(),
    }),
  }),
  async handle({ body, requestKey, person, now, call }) {
    const { session, sandboxCodes, reused } = await call({
      recipients: { sms: body.dest },
      channels: [Channel.SMS],
      senderId: body.src,
      purpose: body.purpose,
      messageTemplate: body.messageTemplate ?? '',
      config: { maxAttempts: ATTEMPTS },
      requestId: requestKey,
      ...person,
    });
    const { id, expiresAt, attemptsRemaining } = session!;
    return {
      body: {
        success: true,
        message: reused ? 'OTP already sent' : 'OTP sent successfully',
        data: {
          sessionId: id,
          expiresInSeconds: secondsUntil(expiresAt!, now()),
          attemptsLeft: attemptsRemaining,
          reused,
        },
      },
      headers: sandboxHeader(sandboxCodes),
    };
  },
});
