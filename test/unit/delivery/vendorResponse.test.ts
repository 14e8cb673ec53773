import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vendorResponse } from '../../../server/delivery/vendorResponse.js';

const message = {
  to: '+573015550142',
  code: '402917',
  text: '402917 is your Acme code.',
  subject: undefined,
};
const textOf = (text: string, secrets: object = message) => vendorResponse('1', text, secrets)?.text ?? '';

describe('what is kept of a vendor’s text', () => {
  it.each([
    ['The number +573015550142 is unverified', 'The number … is unverified'],
    ['The number +57 301 555 0142 is unverified', 'The number +… is unverified'],
    ['The number +57 (30) 15-55/01.42 is unverified', 'The number +… is unverified'],
    ['To 573015550142.', 'To ….'],
    ['Your code 40-29-17 is not allowed', 'Your code … is not allowed'],
    ['digits ٤٠٢٩١٧', 'digits …'],
    ['text "402917 is your Acme code." not sent', 'text "…" not sent'],
    ['see https://vendor.example/errors/573015550142?x=1', 'see …'],
    ['wamid.HBgMNTczMDE1NTUwMTQyFQIAERgS refused', '… refused'],
    ['write to someone.else@vendor.example now', 'write to … now'],
    ['two\r\nlines\u0000 and\ttabs', 'two lines and tabs'],
    ['At most 20 per day', 'At most 20 per day'],
    ['', ''],
  ])('of %j is %j', (text, kept) => expect(textOf(text)).toBe(kept));

  it('has at most 200 characters, also of a text without an end', () => {
    expect(textOf('ab '.repeat(100_000)).length).toBeLessThanOrEqual(200);
  });

  it('never holds the recipient or the code, wherever they stand and however they are grouped', () => {
    const separator = fc.constantFrom('', ' ', '-', '.', ' - ', '/', '(');
    fc.assert(
      fc.property(fc.string(), separator, fc.string(), (before, between, after) => {
        for (const secret of [message.to.slice(1), message.code]) {
          const digits = textOf(before + [...secret].join(between) + after).replace(/\D/g, '');
          expect(digits).not.toContain(secret);
        }
      }),
    );
  });

  it('of an e-mail address holds neither part', () => {
    const secrets = { to: 'person.x@example.com' };
    expect(textOf('no mailbox Person.X here; EXAMPLE.com says person.x@example.com', secrets)).toBe(
      'no mailbox … here; … says …',
    );
  });
});

describe('what is kept of a vendor’s code', () => {
  it.each([
    ['21408', '21408'],
    [131_026, '131026'],
    ['550_5.1.1', '550_5.1.1'],
    ['402917', undefined],
    ['573015550142', undefined],
    ['3015550142', undefined],
    ['a b', undefined],
    ['x'.repeat(41), undefined],
    ['', undefined],
  ])('%s: %s', (code, kept) => expect(vendorResponse(code, undefined, message)?.code).toBe(kept));

  it('is nothing where the vendor said nothing', () => {
    expect(vendorResponse(undefined, undefined)).toBeUndefined();
  });
});
