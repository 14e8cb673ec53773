import { fc, test } from '@fast-check/vitest';
import examples from 'libphonenumber-js/examples.mobile.json' with { type: 'json' };
import { type CountryCode, getCountries, getExampleNumber, type PhoneNumber } from 'libphonenumber-js/max';
import { describe, expect, it } from 'vitest';
import { readRecipient } from '../../../server/domain/recipients.js';

const PHONES = getCountries().flatMap((country: CountryCode): PhoneNumber[] => {
  const number = getExampleNumber(country, examples);
  return number ? [number] : [];
});
const phone = fc.constantFrom(...PHONES);
const digits = (text: string) => text.replace(/\D/g, '');

/** What a masked phone shows of the national number: its digits in front, its digits at the end, and the stars between. */
function shown(masked: string, callingCode: string) {
  const parts = new RegExp(`^\\+${callingCode} (?:(\\d+) )?([* ]+) (\\d+)$`).exec(masked);
  if (!parts) throw new Error(`not a masked phone: ${masked}`);
  return { front: parts[1] ?? '', hidden: parts[2]!.replaceAll(' ', '').length, end: parts[3]! };
}

describe('a phone number of any country', () => {
  it('is known for every calling code there is', () => {
    expect(PHONES.length).toBeGreaterThan(230);
  });

  test.prop([phone])('is read as E.164, alike for SMS and WhatsApp', (number) => {
    for (const channel of ['sms', 'whatsapp'] as const) {
      expect(readRecipient(channel, number.number)).toMatchObject({
        channel,
        address: number.number,
        identity: number.number,
      });
    }
  });

  test.prop([phone, fc.constantFrom(' ', '-', '.', ' (', ') ')])(
    'is the same however it is written',
    (number, between) => {
      const plain = readRecipient('sms', number.number);
      expect(readRecipient('sms', number.formatInternational())).toEqual(plain);
      const { countryCallingCode, nationalNumber } = number;
      const split = `+${countryCallingCode} ${nationalNumber.slice(0, 3)}${between}${nationalNumber.slice(3)}`;
      expect(readRecipient('sms', split)).toEqual(plain);
    },
  );

  test.prop([phone])('is masked to its calling code, three digits in front and two at the end', (number) => {
    const { countryCallingCode, nationalNumber } = number;
    const { masked } = readRecipient('sms', number.number)!;
    const { front, hidden, end } = shown(masked, countryCallingCode);
    const long = nationalNumber.length >= 8;
    expect(front).toBe(long ? nationalNumber.slice(0, 3) : '');
    expect(end).toBe(nationalNumber.slice(-2));
    expect(hidden).toBe(nationalNumber.length - front.length - 2);
  });

  test.prop([phone])('cannot be read from its masked form', (number) => {
    const { masked } = readRecipient('sms', number.number)!;
    expect(masked).not.toContain(number.number);
    expect(masked).not.toContain(number.nationalNumber);
    expect(digits(masked).length).toBeLessThan(digits(number.number).length - 1);
    expect(readRecipient('sms', masked)).toBeUndefined();
  });

  it('is masked as the document shows it', () => {
    expect(readRecipient('sms', '+573001234542')?.masked).toBe('+57 300 *** ** 42');
  });
});

describe('a phone number as it is copied and pasted', () => {
  it.each([
    ['with the marks of a right-to-left text', '\u2066+57 300 123 4542\u2069'],
    ['with a mark in the middle', '+57\u200e3001234542'],
    ['with no-break spaces', '+57\u00a0300\u00a0123\u00a04542'],
    ['with a dash that is no hyphen', '+57 300\u20111234542'],
    ['in full-width digits', '\uff0b57 300 １２３ 4542'],
    ['in Arabic-Indic digits', '+٥٧٣٠٠١٢٣٤٥٤٢'],
    ['with a slash', '+57 300/123/4542'],
    ['with spaces around it', ' +573001234542 '],
  ])('K7 is read %s', (_how, text) => {
    expect(readRecipient('sms', text)?.address).toBe('+573001234542');
  });

  it.each([
    ['+57 (0)300 123 4542', '+573001234542'],
    ['+49 (0)176 12345678', '+4917612345678'],
    ['+39 06 698 2123', '+39066982123'],
    ['+225 07 07 12 34 56', '+2250707123456'],
  ])('K9 %s is sent to %s: a zero goes only where the number is valid without it', (text, address) => {
    expect(readRecipient('sms', text)?.address).toBe(address);
  });

  it.each(['+52 1 55 1234 5678', '+54 9 11 2345 6789', '+55 11 98765 4321', '+229 01 97 12 34 56'])(
    'K9 %s is sent to as it is written',
    (text) => {
      expect(readRecipient('sms', text)?.address).toBe(text.replaceAll(' ', ''));
    },
  );
});

describe('what is no phone number', () => {
  test.prop([phone])('a national form', (number) => {
    for (const text of [number.nationalNumber, `0${number.nationalNumber}`, number.formatNational()]) {
      if (!text.startsWith('+')) expect(readRecipient('sms', text)).toBeUndefined();
    }
  });

  test.prop([
    phone,
    fc.constantFrom('ext. 5', ';ext=5', 'x5', '#5', '\n', '\r\nX: y', '\0', 'a', ' and +1 202 555 0123'),
  ])('a number with something after it', (number, after) => {
    expect(readRecipient('sms', number.number + after)).toBeUndefined();
  });

  it.each([
    '',
    '+',
    '+1',
    '12345',
    '+12345',
    '+0123456789',
    // No country has these calling codes.
    '+2100000000',
    '+9990000000000',
    // E.164 allows 15 digits.
    '+5730012345421234',
    '+1234567890123456',
    'tel:+573001234542',
    '00573001234542',
    '++573001234542',
    'person@example.com',
  ])('%j', (text) => {
    expect(readRecipient('sms', text)).toBeUndefined();
    expect(readRecipient('whatsapp', text)).toBeUndefined();
  });
});

const atom = fc.string({
  unit: fc.constantFrom(
    ..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+/=?^_`{|}~-",
  ),
  minLength: 1,
  maxLength: 20,
});
const local = fc.array(atom, { minLength: 1, maxLength: 3 }).map((atoms) => atoms.join('.'));
const label = fc
  .stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/)
  .filter((text) => !text.startsWith('xn--'));
const domain = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 3 }), fc.constantFrom('com', 'example', 'co'))
  .map(([labels, top]) => [...labels, top].join('.'));

describe('an e-mail address', () => {
  test.prop([local, domain])(
    'keeps its local part, has its domain in lower case, and is the same in any case',
    (name, at) => {
      const recipient = readRecipient('email', `${name}@${at.toUpperCase()}`);
      expect(recipient).toMatchObject({ address: `${name}@${at}`, identity: `${name}@${at}`.toLowerCase() });
      expect(readRecipient('email', `${name.toUpperCase()}@${at}`)?.identity).toBe(recipient?.identity);
    },
  );

  test.prop([local, domain])(
    'is masked to its domain and at most the ends of its local part, never half of it',
    (name, at) => {
      const { masked } = readRecipient('email', `${name}@${at}`)!;
      const [hint, shownDomain] = [
        masked.slice(0, masked.lastIndexOf('@')),
        masked.slice(masked.lastIndexOf('@') + 1),
      ];
      expect(shownDomain).toBe(at);
      const ends = hint.length - '***'.length;
      expect(ends * 2).toBeLessThanOrEqual(name.length);
      expect(hint).toBe(`${name.slice(0, Math.ceil(ends / 2))}***${ends === 2 ? name.slice(-1) : ''}`);
    },
  );

  it.each([
    ['jonathan@example.com', 'j***n@example.com'],
    ['anna@example.com', 'a***a@example.com'],
    ['bob@example.com', 'b***@example.com'],
    ['jo@example.com', '***@example.com'],
    ['j@example.com', '***@example.com'],
  ])('%s is shown as %s', (text, masked) => {
    expect(readRecipient('email', text)?.masked).toBe(masked);
  });

  it('with an international domain goes to its ASCII form', () => {
    expect(readRecipient('email', 'info@bücher.example')).toMatchObject({
      address: 'info@xn--bcher-kva.example',
      identity: 'info@xn--bcher-kva.example',
    });
  });

  it('has at most 64 characters before the @ and 254 in all', () => {
    const of = (localLength: number, length: number) => {
      const name = 'a'.repeat(localLength);
      const labels = 'b'.repeat(length - localLength - 5).replace(/.{50}/g, (part) => `${part.slice(1)}.`);
      return `${name}@${labels.replace(/\.$/, 'b')}.com`;
    };
    expect(of(64, 254)).toHaveLength(254);
    expect(readRecipient('email', of(64, 254))).toBeDefined();
    expect(readRecipient('email', of(65, 254))).toBeUndefined();
    expect(readRecipient('email', of(64, 255))).toBeUndefined();
  });

  it.each([
    '',
    '@',
    'person',
    'person@',
    '@example.com',
    'person@localhost',
    'person@127.0.0.1',
    'person@[127.0.0.1]',
    'per son@example.com',
    ' person@example.com',
    'person@example.com ',
    'person@example.com\r\nBcc: other@example.com',
    'person\r\n@example.com',
    'person@exam ple.com',
    'person@example.com,other@example.com',
    '<person@example.com>',
    'Person <person@example.com>',
    '"per son"@example.com',
    '.person@example.com',
    'person.@example.com',
    'per..son@example.com',
    'a@b@example.com',
    'person@-example.com',
    'person@example-.com',
    'person@example..com',
    'person@.example.com',
    'persön@example.com',
    'person@exam\u0000ple.com',
    '+573001234542',
  ])('%j is none', (text) => {
    expect(readRecipient('email', text)).toBeUndefined();
  });
});

test.prop([fc.string({ unit: 'binary', maxLength: 60 })])(
  'any text is either refused or read into what is read again',
  (text) => {
    for (const channel of ['email', 'sms'] as const) {
      const recipient = readRecipient(channel, text);
      if (!recipient) continue;
      expect(readRecipient(channel, recipient.address)).toEqual(recipient);
      expect(recipient.address).toMatch(/^[\x21-\x7e]+$/);
    }
  },
);
