import { z } from 'zod';
import type { Dialect } from '../dialect.js';
import { reason } from '../shapes.js';
import { requirementRoutes } from './requirements.js';
import { send } from './send.js';
import { introspect, redeem } from './tokens.js';
import { validate } from './validate.js';

/**
 * Dialect A, the beneficiary OTP flow: an OTP is sent to the address on file
 * for a beneficiary, validated for a verification token, and the token attached
 * to the sensitive operation.
 */
export const beneficiary: Dialect = {
  name: 'beneficiary',
  title: 'Beneficiary OTP',
  prefixes: ['/v1/otp/', '/v1/sponsors/', '/v1/dispensations/'],
  routes: [send, validate, redeem, introspect, ...requirementRoutes],
  credential: 'bearer',
  fields: {
    'beneficiary.beneficiary_id': 'beneficiary_id',
    'beneficiary.sponsor_slug': 'sponsor_slug',
    'channels[0]': 'channel',
    session_id: 'otp_id',
    verification_token: 'otp_verification_token',
  },
  refusal: z.object({
    error_code: z.string().describe('The documented number, or the reason where none is documented.'),
    code: reason,
    message: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  }),
  refuse(failure) {
    const { row, details } = failure;
    const documented = row.dialects.beneficiary;
    return {
      status: documented?.status ?? row.status,
      body: {
        error_code: documented?.code ?? failure.reason,
        code: failure.reason,
        message: failure.message,
        ...(details.violations?.length && {
          errors: details.violations.map(({ field, description }) => ({ field, message: description })),
        }),
      },
    };
  },
};
