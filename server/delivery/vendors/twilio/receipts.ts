import { createHmac } from 'node:crypto';
import { isSameSecret } from '../../../secrets/isSameSecret.js';
import type { Report } from '../../reports.js';
import { DELIVERED, failedBy, headerOf, type ReceiptReader } from '../receipts.js';
import { TWILIO_ERRORS } from './errors.js';

/**
 * Status callbacks of Twilio's Messages resource, SMS and WhatsApp. The
 * signature covers the URL and the fields of the form
 * (https://www.twilio.com/docs/usage/webhooks/webhooks-security) and has no
 * time: a replay is harmless because a report counts once.
 */
export function twilioReceipts({ authToken }: { readonly authToken: string }): ReceiptReader {
  return {
    mediaType: 'application/x-www-form-urlencoded',
    isSigned(request) {
      const presented = headerOf(request, 'x-twilio-signature');
      const fields = signedFields(new URLSearchParams(request.body));
      return spellingsOf(request.url)
        .map((url) => createHmac('sha1', authToken).update(url).update(fields).digest('base64'))
        .some((expected) => isSameSecret(presented, expected));
    },
    readReports({ body }) {
      const form = new URLSearchParams(body);
      const vendorId = form.get('MessageSid');
      const end = endOf(form);
      return vendorId && end ? [{ provider: 'twilio', vendorId, end }] : [];
    },
  };
}

/** Names and values concatenated, in the order of the names. */
const signedFields = (form: URLSearchParams): string =>
  [...form]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .flat()
    .join('');

/** With and without the port: Twilio has signed both ways, depending on the product. */
function spellingsOf(url: string): string[] {
  const [, scheme, host, port, rest] = /^(https?:)\/\/(\[[^\]]*\]|[^:/?]*)(:\d+)?(.*)$/is.exec(url) ?? [];
  const usual = scheme?.toLowerCase() === 'https:' ? ':443' : ':80';
  return [`${scheme}//${host}${rest}`, `${scheme}//${host}${port ?? usual}${rest}`];
}

function endOf(form: URLSearchParams): Report['end'] | undefined {
  switch (form.get('MessageStatus')) {
    case 'delivered':
    case 'read':
      return DELIVERED;
    case 'failed':
    case 'undelivered':
    case 'canceled':
      return failedBy(
        TWILIO_ERRORS.meaningOf(form.get('ErrorCode')),
        form.get('ErrorCode') ?? undefined,
        form.get('ErrorMessage') ?? undefined,
      );
    default:
      return undefined;
  }
}
