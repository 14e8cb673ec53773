import type { ChannelName } from '../../domain/channels.js';
import { readRecipient } from '../../domain/recipients.js';

/** Letters, digits and a few signs inside; digits alone are a short code. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9 ._&-]{1,18}[A-Za-z0-9.]$/;

/** What a sender of each channel looks like, for the message that refuses another. */
export const SENDER_FORMS: Readonly<Record<ChannelName, string>> = {
  email: 'an e-mail address',
  sms: 'a name of 3 to 20 letters, digits, spaces, ".", "_", "&" or "-", or a phone number in international form',
  whatsapp: 'a phone number in international form',
};

/** The one spelling of a sender's id; undefined for what cannot send on that channel. */
export function readSenderId(channel: ChannelName, text: string): string | undefined {
  if (channel === 'sms' && !text.startsWith('+')) return NAME.test(text) ? text : undefined;
  return readRecipient(channel, text)?.identity;
}

/**
 * The From header of an e-mail sender (RFC 5322): the name as a quoted string,
 * in which nothing can end the header, the name or the address.
 */
export const fromHeader = (address: string, displayName: string | undefined): string =>
  displayName ? `"${displayName.replaceAll(/["\\]/g, '\\$&')}" <${address}>` : address;
