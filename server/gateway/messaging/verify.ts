import { z } from 'zod';
import { OtpService } from '../../../gen/otp/v1/otp_service_pb.js';
import { readCode } from '../../domain/codes.js';
import { Failure } from '../../errors.js';
import { route } from '../dialect.js';
import { optional } from '../shapes.js';
import { outcomeBody } from './outcomes.js';

/** `POST /v1/messaging/otp/verify`: checks the code; a right one uses the session up. */
export const verify = route({
  method: 'POST',
  path: '/v1/messaging/otp/verify',
  summary: 'Verify the code of a session',
  calls: OtpService.method.validate,
  body: z.object({ sessionId: z.string().min(1), code: optional(z.string().max(64)) }),
  response: z.object({
    success: z.literal(true),
    message: z.string(),
    data: z.object({
      sessionId: z.string(),
      status: z.literal('APPROVED'),
      verified: z.literal(true),
      message: z.string(),
    }),
  }),
  example: {
    body: { sessionId: 'feab6011-2469-4804-ace5-ee9dcb5b9ef2', code: '123456' },
    response: outcomeBody('APPROVED', 'feab6011-2469-4804-ace5-ee9dcb5b9ef2'),
  },
  async handle({ body, requestKey, person, call }) {
    // What is no code is a wrong one, as the document prints it; nothing is compared, so no attempt is used.
    const { sessionId, code = '' } = body;
    if (!readCode(code)) throw new Failure('INVALID_CODE');
    await call({
      sessionId,
      code,
      requestId: requestKey,
      deviceId: person.deviceId,
    });
    return { body: outcomeBody('APPROVED', sessionId) };
  },
});
