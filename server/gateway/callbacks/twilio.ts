import { createHmac } from 'node:crypto';
import { twilioVerdict } from '../../delivery/providers/twilio.js';
import type { Report } from '../../delivery/reports.js';
import { isSameSecret } from '../../secrets/isSameSecret.js';
import { type CallbackVendor, DELIVERED, failedBy, headerOf } from './vendor.js';

interface Settings {
  readonly authToken: string;
  /** What `target` stands behind in the address that Twilio was given. */
  readonly publicUrl: string;
}

/**
 * Status callbacks of Twilio's Messages resource, SMS and WhatsApp. The
 * signature is over the address and the fields of the form
 * (https://www.twilio.com/docs/usage/webhooks/webhooks-security) and knows no
 * time: what keeps a replay harmless is that a report counts once.
 */
export function twilioCallbacks({ authToken, publicUrl }: Settings): CallbackVendor {
  return {
    name: 'twilio',
    mediaType: 'application/x-www-form-urlencoded',
    isSigned(callback) {
      const presented = headerOf(callback, 'x-twilio-signature');
      const fields = signedFields(new URLSearchParams(callback.body));
      return spellingsOf(publicUrl + callback.target)
        .map((address) => createHmac('sha1', authToken).update(address).update(fields).digest('base64'))
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

/** Names and values one behind the other, in the order of the names. */
const signedFields = (form: URLSearchParams): string =>
  [...form]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .flat()
    .join('');

/** With and without the port: Twilio has signed both ways, depending on the product. */
function spellingsOf(address: string): string[] {
  const [, scheme, host, port, rest] = /^(https?:)\/\/(\[[^\]]*\]|[^:/?]*)(:\d+)?(.*)$/is.exec(address) ?? [];
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
      return failedBy(twilioVerdict(form.get('ErrorCode')));
    default:
      return undefined;
  }
}
