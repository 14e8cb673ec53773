import { domainToASCII } from 'node:url';
import { type PhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { ChannelName } from './channels.js';
import { type NumberType, numberTypeOf } from './numberType.js';

/** A recipient in the one form in which it is delivered to, compared and shown. */
export interface Recipient {
  readonly channel: ChannelName;
  /** What a provider is given: E.164 for phones, the address with a lower-case ASCII domain for e-mail. */
  readonly address: string;
  /** What limits and look-ups compare: the same for SMS and WhatsApp, e-mail without regard to case. */
  readonly identity: string;
  /** What may be shown: most of it replaced by stars. */
  readonly masked: string;
  /**
   * Of a phone: the country, ISO 3166 alpha-2, that the numbering plan gives the
   * number to, or the calling code, such as "+1", where it gives it to none. Not
   * where the person is.
   */
  readonly country?: string;
  /** Of a phone: what its numbering plan says it is for. */
  readonly numberType?: NumberType;
}

// RFC 5321 limits; RFC 5322 dot-atom. Quoted local parts and address literals
// are legal but reach no one in practice and have been used to smuggle headers.
const LOCAL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

// Characters that are not seen: format marks that come along when a text is copied, white space, and
// what UTS #46 would drop in silence from a domain.
const UNSEEN = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u;

/**
 * Reads a recipient as a caller wrote it; undefined when it cannot be one. All
 * transports read recipients here.
 *
 * Phones need the international form (ITU-T E.164: "+", a calling code that
 * exists, 8 to 15 digits in all), in any digits and with any punctuation, also
 * with the marks that come along when a number is copied. Whether a number is
 * assigned is left to the provider: numbering plans change faster than any table.
 */
export function readRecipient(channel: ChannelName, text: string): Recipient | undefined {
  return channel === 'email' ? readEmail(text) : readPhone(channel, text);
}

function readEmail(text: string): Recipient | undefined {
  if (UNSEEN.test(text)) return undefined;
  const at = text.lastIndexOf('@');
  const local = text.slice(0, at);
  if (at < 1 || local.length > 64 || !LOCAL.test(local)) return undefined;
  const domain = domainToASCII(text.slice(at + 1)).toLowerCase();
  const labels = domain.split('.');
  const top = labels.at(-1) ?? '';
  if (labels.length < 2 || !labels.every((label) => LABEL.test(label)) || /^\d+$/.test(top)) return undefined;
  const address = `${local}@${domain}`;
  if (address.length > 254) return undefined;
  return { channel: 'email', address, identity: address.toLowerCase(), masked: maskEmail(local, domain) };
}

function readPhone(channel: 'sms' | 'whatsapp', text: string): Recipient | undefined {
  // Format marks have no meaning in a number, and the library takes them for its beginning.
  const seen = text.replace(/\p{Cf}|^\p{Zs}+|\p{Zs}+$/gu, '').replace(/^\uff0b/, '+');
  // It would also take "tel:", which no document names, and drop what ends a header line.
  if (!seen.startsWith('+') || /\p{Cc}/u.test(seen)) return undefined;
  const read = parsePhoneNumberFromString(seen, { extract: false });
  if (!read || read.ext || !/^\+[1-9]\d{6,14}$/.test(read.number)) return undefined;
  const parsed = withoutTrunkZero(read);
  const numberType = numberTypeOf(parsed);
  return {
    channel,
    address: parsed.number,
    identity: parsed.number,
    masked: maskPhone(parsed.countryCallingCode, parsed.nationalNumber),
    country: parsed.country ?? `+${parsed.countryCallingCode}`,
    ...(numberType && { numberType }),
  };
}

/**
 * The number without the zero of its national form, as in "+57 (0)300 …", where
 * it is valid only so. In Italy or the Ivory Coast, say, the zero is part of it.
 */
function withoutTrunkZero(read: PhoneNumber): PhoneNumber {
  if (!read.nationalNumber.startsWith('0') || read.isValid()) return read;
  const without = parsePhoneNumberFromString(`+${read.countryCallingCode}${read.nationalNumber.slice(1)}`);
  return without?.isValid() ? without : read;
}

/** `+57 300 *** ** 42`: calling code, first three and last two national digits; under eight national digits the last two only. */
function maskPhone(callingCode: string, national: string): string {
  const shown = national.length < 8 ? 0 : 3;
  const hidden = national.length - shown - 2;
  const stars = '*'.repeat(Math.max(hidden, 1)).match(/\*{1,3}/g) ?? [];
  return [`+${callingCode}`, ...(shown ? [national.slice(0, shown)] : []), ...stars, national.slice(-2)].join(
    ' ',
  );
}

/** `j***n@example.com`. Short local parts show less: never more than half of one. */
function maskEmail(local: string, domain: string): string {
  const first = local.length >= 3 ? local[0] : '';
  const last = local.length >= 4 ? local.at(-1) : '';
  return `${first}***${last}@${domain}`;
}
