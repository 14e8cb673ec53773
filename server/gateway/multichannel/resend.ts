import { z } from 'zod';
import { OtpService } from '../../../gen/otp/v1/otp_service_pb.js';
import type { SessionTokens } from '../../secrets/tokens/sessionTokens.js';
import { route } from '../dialect.js';
import { optional } from '../shapes.js';
import { sent } from './send.js';
import { channelWord, presentSent, readChannels } from './shapes.js';
import { oneToken, sessionOf, tokenFields } from './token.js';

/** `POST /api/v1/otp/resend`: sends new codes for a session. */
export const createResend = (sessionTokens: SessionTokens) =>
  route({
    method: 'POST',
    path: '/api/v1/otp/resend',
    summary: 'Resend OTP for an existing session',
    calls: OtpService.method.resend,
    body: z
      .object({
        ...tokenFields,
        channels: optional(z.array(channelWord).max(3).meta({ uniqueItems: true })),
      })
      .meta(oneToken),
    response: sent,
    async handle({ body, requestKey, person, call }) {
      const { sessionId, token } = sessionOf(body, sessionTokens);
      const { session, sandboxCodes } = await call({
        sessionId,
        channels: readChannels(body.channels, 'channels'),
        requestId: requestKey,
        ...person,
      });
      return {
        body: presentSent({ message: 'OTP sent again', session: session!, token, sandboxCodes }),
      };
    },
  });
