import { z } from 'zod';
import type { Dialect } from '../dialect.js';
import { reason } from '../shapes.js';
import { isOutcome, outcomeBody } from './outcomes.js';
import { request } from './request.js';
import { verify } from './verify.js';

/** Dialect C, messaging OTP: a code to one phone, verified once. */
export const messaging: Dialect = {
  name: 'messaging',
  title: 'Messaging OTP',
  prefixes: ['/v1/messaging/otp/'],
  routes: [request, verify],
  credential: 'bearer',
  fields: {
    session_id: 'sessionId',
    'recipients.sms': 'dest',
    sender_id: 'src',
    message_template: 'messageTemplate',
  },
  refusal: z.object({
    success: z.literal(false),
    message: z.string(),
    data: z
      .object({ sessionId: z.string(), status: z.string(), verified: z.literal(false), message: z.string() })
      .nullable()
      .describe('Null outside the six documented outcomes'),
    code: reason.optional(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  }),
  refuse(failure, body) {
    const { row, details } = failure;
    const { status = row.status, outcome } = row.dialects.messaging ?? {};
    const sessionId = (body as { sessionId?: unknown } | undefined)?.sessionId;
    if (outcome && isOutcome(outcome) && typeof sessionId === 'string') {
      return { status, body: outcomeBody(outcome, sessionId) };
    }
    return {
      status,
      body: {
        success: false,
        message: failure.message,
        data: null,
        code: failure.reason,
        ...(details.violations?.length && {
          errors: details.violations.map(({ field, description }) => ({ field, message: description })),
        }),
      },
    };
  },
};
