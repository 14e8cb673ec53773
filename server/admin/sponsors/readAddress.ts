import { type Recipient, readRecipient } from '../../domain/recipients.js';
import { invalid } from '../../errors.js';
import type { Encryption } from '../../secrets/encryption.js';
import { type AddressField, addressPlace, type StoredAddress } from './stored.js';

/** An address as an operator wrote it, normalised. Throws INVALID_RECIPIENT, naming the field after `prefix`. */
export function readAddress(field: AddressField, text: string, prefix = ''): Recipient {
  const recipient = readRecipient(field === 'email' ? 'email' : 'sms', text);
  if (recipient) return recipient;
  const form =
    field === 'email' ? 'an e-mail address' : 'a phone number in international form, such as +573001234542';
  throw invalid(`${prefix}${field}`, `must be ${form}`, 'INVALID_RECIPIENT');
}

/** An address of a request for one beneficiary, normalised and sealed. Throws INVALID_RECIPIENT. */
export function sealAddress(
  encryption: Encryption,
  _id: string,
  { field, text }: { readonly field: AddressField; readonly text: string },
): StoredAddress {
  const { address, masked } = readAddress(field, text, 'beneficiary.');
  return { sealed: encryption.seal(addressPlace(_id, field), address), masked };
}
