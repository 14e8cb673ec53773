import { z } from 'zod';
import { parseObject } from '../../http/body.js';
import type { Clock } from '../../platform/clock.js';
import { isSignedWebhook } from '../../secrets/tokens/standardWebhooks.js';
import { readShape, text } from '../shapes.js';
import { type CallbackVendor, DELIVERED } from './vendor.js';

const ERRORS = ['WRONG_RECIPIENT', 'REFUSED', 'MISCONFIGURED', 'EXPIRED', 'UNDELIVERED'] as const;

const REPORT = z.object({
  id: text(512),
  status: z.enum(['delivered', 'failed']),
  error: z.enum(ERRORS).default('UNDELIVERED'),
});

/**
 * What the operator's own service reports of the messages that the delivery
 * webhook handed to it: `{"id", "status": "delivered" | "failed", "error"?}`, the
 * id the one it answered with, or else our message_id; signed with the same
 * secret (Standard Webhooks).
 */
export function deliveryWebhookCallbacks(secret: string, clock: Clock): CallbackVendor {
  return {
    name: 'webhook',
    mediaType: 'application/json',
    isSigned: ({ headers, body }) => isSignedWebhook(secret, headers, body, clock),
    readReports({ body }) {
      const { id, status, error } = readShape(REPORT, parseObject(body));
      const end = status === 'delivered' ? DELIVERED : ({ state: 'FAILED', error } as const);
      return [{ provider: 'delivery-webhook', vendorId: id, end }];
    },
  };
}
