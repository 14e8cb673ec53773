import { createHmac } from 'node:crypto';
import {
  DELIVERED,
  failedBy,
  headerOf,
  type ReceiptReader,
} from '../../../../../server/delivery/vendors/receipts.js';
import { parseObject } from '../../../../../server/http/body.js';
import { isSameSecret } from '../../../../../server/secrets/isSameSecret.js';
import { EXAMPLE_ERRORS } from './errors.js';

export function exampleReceipts(signingSecret: string): ReceiptReader {
  return {
    mediaType: 'application/json',
    isSigned: (request) =>
      isSameSecret(
        headerOf(request, 'x-example-signature'),
        createHmac('sha256', signingSecret).update(request.body).digest('hex'),
      ),
    readReports({ body }) {
      const { id, status, error } = parseObject(body);
      if (typeof id !== 'string' || (status !== 'delivered' && status !== 'failed')) return [];
      const end = status === 'delivered' ? DELIVERED : failedBy(EXAMPLE_ERRORS.meaningOf(error));
      return [{ provider: 'example-sms', vendorId: id, end }];
    },
  };
}
