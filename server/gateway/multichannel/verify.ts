import { z } from 'zod';
import { CheckResult, OtpService } from '../../../gen/otp/v1/otp_service_pb.js';
import { SessionStatus } from '../../../gen/otp/v1/session_pb.js';
import { channelName } from '../../domain/channels.js';
import type { SessionTokens } from '../../secrets/tokens/sessionTokens.js';
import { route } from '../dialect.js';
import { oneGiven } from '../shapes.js';
import { channel, givenPerChannel, perChannel, presentSession, status, statusWord, twice } from './shapes.js';
import { oneToken, sessionOf, tokenFields } from './token.js';

const MESSAGES: Readonly<Record<number, string>> = {
  [CheckResult.VERIFIED]: 'OTP verified successfully',
  [CheckResult.ALREADY_VERIFIED]: 'OTP already verified',
  [CheckResult.INVALID_CODE]: 'Invalid OTP',
  [CheckResult.NOT_CHECKED]: 'Not checked',
  [CheckResult.ATTEMPTS_EXHAUSTED]: 'Max attempts exceeded',
};

const result = z.object({ success: z.boolean(), message: z.string() });

/** `POST /api/v1/otp/verify`: checks one code or several and marks their channels verified. */
export const createVerify = (sessionTokens: SessionTokens) =>
  route({
    method: 'POST',
    path: '/api/v1/otp/verify',
    summary: 'Verify OTP code for a session',
    calls: OtpService.method.verify,
    body: z
      .object({
        ...tokenFields,
        otps: givenPerChannel(z.string().min(1).max(64))
          .refine(
            (otps) => Object.values(otps).some((code) => code !== undefined),
            'must hold the code of a channel',
          )
          .meta(oneGiven(...channel.options)),
      })
      .meta(oneToken),
    response: twice(
      {
        verified: z.boolean().describe('Every code of this call was right'),
        session_verified: z.boolean().describe('The session’s verification strategy is satisfied'),
        status,
        session_id: z.uuid(),
        attempts_remaining: z.int(),
        verification_results: perChannel(result),
        verification_token: z.string().optional().describe('The proof, once session_verified'),
        purpose: z.string(),
        metadata: z.record(z.string(), z.unknown()).describe('As it was sent'),
      },
      { channels: perChannel(z.unknown()) },
    ),
    async handle({ body, requestKey, person, call }) {
      const { session, results, verificationToken } = await call({
        sessionId: sessionOf(body, sessionTokens).sessionId,
        codes: Object.fromEntries(
          Object.entries(body.otps).filter(([, code]) => code !== undefined),
        ) as Record<string, string>,
        requestId: requestKey,
        deviceId: person.deviceId,
      });
      const right = (found: CheckResult) =>
        found === CheckResult.VERIFIED || found === CheckResult.ALREADY_VERIFIED;
      const flat = {
        verified: results.every(({ result: found }) => right(found) || found === CheckResult.NOT_CHECKED),
        session_verified: session!.status === SessionStatus.APPROVED,
        status: statusWord(session!.status),
        session_id: session!.id,
        attempts_remaining: session!.attemptsRemaining,
        verification_results: Object.fromEntries(
          results.map(({ channel, result: found }) => [
            channelName(channel),
            { success: right(found), message: MESSAGES[found] ?? '' },
          ]),
        ),
        ...(verificationToken && { verification_token: verificationToken }),
        purpose: session!.purpose,
        metadata: session!.metadata ?? {},
      };
      return {
        body: { success: true, ...flat, data: { ...flat, channels: presentSession(session!).channels } },
      };
    },
  });
