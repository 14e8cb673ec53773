import { describe, expect, it } from 'vitest';
import { readCode } from '../../../server/domain/codes.js';

/** Every decimal digit of Unicode as this Node knows it, in the order of code points. */
const DIGITS = Array.from({ length: 0x20000 }, (_, point) => point)
  .filter((point) => point < 0xd800 || point > 0xdfff)
  .map((point) => String.fromCodePoint(point))
  .filter((character) => /\p{Nd}/u.test(character));

describe('a code as it is compared', () => {
  it('has the digits of every script as 0 to 9', () => {
    expect(DIGITS.length).toBeGreaterThan(600);
    expect(readCode(DIGITS.join(''))).toBe('0123456789'.repeat(DIGITS.length / 10));
  });

  it.each([
    ['two groups', '113 738'],
    ['a dash', '113-738'],
    ['an en dash', '113\u2013738'],
    ['a minus sign', '113\u2212738'],
    ['a non-breaking hyphen', '113\u2011738'],
    ['a no-break space and a line end', '113\u00a0738\r\n'],
    ['a narrow no-break space', '113\u202f738'],
    ['an ideographic space', '113\u3000738'],
    ['a tab', '\t113738'],
    ['a byte order mark', '\ufeff113738'],
    ['direction marks', '\u202a113\u200e738\u202c'],
    ['isolates', '\u2066113738\u2069'],
    ['zero-width characters', '1\u200b1\u200c3\u200d7\u20603\u00ad8'],
    ['a blank braille cell', '113\u2800738'],
    ['Arabic-Indic digits', '\u0661\u0661\u0663\u0667\u0663\u0668'],
    ['Persian digits', '\u06f1\u06f1\u06f3 \u06f7\u06f3\u06f8'],
    ['Devanagari digits', '\u0967\u0967\u0969\u096d\u0969\u096e'],
    ['full-width digits', '\uff11\uff11\uff13\u3000\uff17\uff13\uff18'],
    ['mathematical digits', '\u{1d7cf}\u{1d7cf}\u{1d7d1}\u{1d7d5}\u{1d7d1}\u{1d7d6}'],
    ['keycaps', '1\ufe0f\u20e31\ufe0f\u20e33\ufe0f\u20e37\ufe0f\u20e33\ufe0f\u20e38\ufe0f\u20e3'],
  ])('is what is left of one with %s', (_, text) => expect(readCode(text)).toBe('113738'));

  it.each(['', ' ', '-', '\u200b\u200e', ' \u2013 \r\n', '\ufeff'])(
    'is empty where nothing is left: %j',
    (text) => expect(readCode(text)).toBe(''),
  );

  it.each([
    ['Code: 113738', 'Code:113738'],
    ['113738.', '113738.'],
    ['l13738', 'l13738'],
    ['113+738', '113+738'],
  ])('keeps what is none of these: %s', (text, read) => expect(readCode(text)).toBe(read));
});
