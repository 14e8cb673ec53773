import { z } from 'zod';
import { OtpService } from '../../../gen/otp/v1/otp_service_pb.js';
import { route } from '../dialect.js';
import { secondsUntil, text } from '../shapes.js';

/** `POST /v1/otp/validate`: exchanges the code the beneficiary gave for a verification token. */
export const validate = route({
  method: 'POST',
  path: '/v1/otp/validate',
  summary: 'Validate the code and get a verification token',
  calls: OtpService.method.validate,
  rules: { limitsClient: true },
  body: z.object({ otp_id: z.string().min(1), code: text(64) }),
  response: z.object({
    otp_verification_token: z.string(),
    expires_in: z.int().describe('Seconds the token can be redeemed'),
  }),
  example: {
    body: { otp_id: 'otp_01HX9NPQ12ABCDEFGH34567890', code: '482913' },
    response: { otp_verification_token: 'otvt_01HX9NR3ZQABCD...', expires_in: 600 },
  },
  async handle({ body, requestKey, person, now, call }) {
    const { verificationToken, tokenExpiresAt } = await call({
      sessionId: body.otp_id,
      code: body.code,
      requestId: requestKey,
      deviceId: person.deviceId,
    });
    return {
      body: {
        otp_verification_token: verificationToken,
        expires_in: secondsUntil(tokenExpiresAt!, now()),
      },
    };
  },
});
