import { z } from 'zod';
import type { SessionTokens } from '../../secrets/tokens/sessionTokens.js';
import type { Dialect } from '../dialect.js';
import { reason } from '../shapes.js';
import { createResend } from './resend.js';
import { send } from './send.js';
import { cancelSession, getSession, listSessions } from './sessions.js';
import { createVerify } from './verify.js';

/**
 * Dialect B, multi-channel OTP: codes over e-mail, SMS and WhatsApp, verified
 * together or one after another. Responses carry every field twice, flat and in
 * `data`: its document shows the one, its vendor's clients read either.
 */
export const createMultichannel = (sessionTokens: SessionTokens): Dialect => ({
  name: 'multichannel',
  title: 'Multi-channel OTP',
  prefixes: ['/api/v1/otp/'],
  routes: [
    send,
    createVerify(sessionTokens),
    createResend(sessionTokens),
    listSessions,
    getSession,
    cancelSession,
  ],
  credential: 'apiKey',
  fields: {
    'config.code_length': 'config.otp_length',
    'config.lifetime': 'config.expiry_minutes',
    'policy.channels': 'verification.channels',
    'policy.strategy': 'verification.strategy',
    'fallback[0].wait': 'fallback[0].wait_seconds',
    'fallback[1].wait': 'fallback[1].wait_seconds',
    purpose: 'metadata.purpose',
    end_user_ip: 'metadata.ip_address',
    session_id: 'token',
    code: 'otps',
    codes: 'otps',
    'codes["email"]': 'otps.email',
    'codes["sms"]': 'otps.sms',
    'codes["whatsapp"]': 'otps.whatsapp',
  },
  refusal: z.object({
    success: z.literal(false),
    message: z.string(),
    code: reason,
    details: z.object({
      attempts_remaining: z.int().optional(),
      channel: z.string().optional(),
      field: z.string().optional(),
      errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    }),
    error: z.object({ type: reason, message: z.string(), details: z.unknown() }),
  }),
  refuse(failure) {
    const { row, reason: code } = failure;
    const documented = row.dialects.multichannel;
    const { attemptsRemaining, channel, violations } = failure.details;
    const message = documented?.message ?? failure.message;
    const details = {
      ...(attemptsRemaining !== undefined && { attempts_remaining: attemptsRemaining }),
      ...(channel && { channel }),
      ...(violations?.[0] && {
        field: violations[0].field,
        errors: violations.map(({ field, description }) => ({ field, message: description })),
      }),
    };
    return {
      status: documented?.status ?? row.status,
      body: { success: false, message, code, details, error: { type: code, message, details } },
    };
  },
});
