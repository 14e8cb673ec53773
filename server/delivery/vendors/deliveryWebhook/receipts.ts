import { z } from 'zod';
import { parseObject } from '../../../http/body.js';
import { readShape } from '../../../http/readShape.js';
import type { Clock } from '../../../platform/clock.js';
import { isSignedWebhook } from '../../../secrets/tokens/standardWebhooks.js';
import type { ReportedError } from '../../words.js';
import { DELIVERED, failedBy, type ReceiptReader } from '../receipts.js';
import { FINAL_WORDS } from './errors.js';

const ERRORS = [...FINAL_WORDS, 'EXPIRED', 'UNDELIVERED'] as const satisfies readonly ReportedError[];

const REPORT = z.object({
  id: z.string().min(1).max(512),
  status: z.enum(['delivered', 'failed']),
  error: z.enum(ERRORS).default('UNDELIVERED'),
  code: z.union([z.string(), z.number()]).optional(),
  text: z.string().optional(),
});

/**
 * Receipts of the operator's own service for messages sent to it:
 * `{"id", "status": "delivered" | "failed", "error"?}`, the id being the one it
 * accepted the message under or else our message_id; signed with the same secret
 * (Standard Webhooks).
 */
export function deliveryWebhookReceipts(secret: string, clock: Clock): ReceiptReader {
  return {
    mediaType: 'application/json',
    isSigned: ({ headers, body }) => isSignedWebhook(secret, headers, body, clock),
    readReports({ body }) {
      const { id, status, error, code, text } = readShape(REPORT, parseObject(body));
      const end = status === 'delivered' ? DELIVERED : failedBy(error, code, text);
      return [{ provider: 'delivery-webhook', vendorId: id, end }];
    },
  };
}
