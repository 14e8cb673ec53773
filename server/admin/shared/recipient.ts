import { type Recipient, readRecipient } from '../../domain/recipients.js';
import { invalid } from '../../errors.js';

/**
 * A recipient given in full without its channel: an e-mail address, or a phone
 * for both of its channels. Throws INVALID_RECIPIENT.
 */
export function namedRecipient(text: string): Recipient {
  const recipient = readRecipient('email', text) ?? readRecipient('sms', text);
  if (recipient) return recipient;
  throw invalid(
    'recipient',
    'must be an e-mail address or an international phone number',
    'INVALID_RECIPIENT',
  );
}
