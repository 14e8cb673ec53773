import { readdirSync, readFileSync } from 'node:fs';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { isListedUrl } from '../../../server/otp/pages/returnUrl.js';
import { brandColours } from '../../../server/screens/verify/colour.js';
import { acceptedLanguages } from '../../../server/screens/verify/words.js';

const FOLDER = 'clients/verify/locales';
const locales = readdirSync(FOLDER).map(
  (name) => [name, JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8')) as Record<string, string>] as const,
);
const english = locales.find(([name]) => name === 'en.json')![1];
const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

describe('the texts of the verification page', () => {
  it.each(locales)('%s has every text, with the same places to fill in', (_name, words) => {
    expect(Object.keys(words).sort()).toEqual(Object.keys(english).sort());
    for (const [key, text] of Object.entries(words)) {
      expect(text.trim(), key).not.toBe('');
      expect(placeholders(text), key).toEqual(placeholders(english[key]!));
    }
  });

  it('are in the language that the browser wants most', () => {
    expect(acceptedLanguages('fr;q=0.5, es-CO, *;q=0.1, de;q=0')).toEqual(['es-CO', 'fr']);
    expect(acceptedLanguages(undefined)).toEqual([]);
  });
});

const channel = fc.integer({ min: 0, max: 255 });
const luminance = (colour: string): number => {
  const [red, green, blue] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
};

describe('the colour of a verification page', () => {
  test.prop([channel, channel, channel])(
    'has text on it that can be read, whichever colour it is',
    (...parts) => {
      const given = `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
      const { brand, on } = brandColours(given);
      const [light = 0, dark = 0] = [luminance(brand), luminance(on)].sort((a, b) => b - a);
      expect((light + 0.05) / (dark + 0.05)).toBeGreaterThanOrEqual(4.5);
    },
  );

  it('is never more than a colour: anything else is the default', () => {
    expect(brandColours('red;}body{display:none').brand).toBe('#3243c4');
  });
});

describe('a listed return URL', () => {
  it.each([
    ['https://shop.example/otp', true],
    ['https://shop.example/otp?x=1', true],
    ['https://shop.example/otp/done', true],
    ['https://shop.example/otp2', false],
    ['https://shop.example/otp/../x', false],
    ['https://shop.example.evil/otp', false],
    ['http://shop.example/otp', false],
  ])('%s: %s', (url, isListed) => {
    expect(isListedUrl(url, ['https://shop.example/otp'])).toBe(isListed);
  });
});
