import { getCountries, getCountryCallingCode } from 'libphonenumber-js/max';
import { describe, expect, it } from 'vitest';
import { readRecipient } from '../../../server/domain/recipients.js';
import { isCountry } from '../../../server/guard/countries.js';
import { evaluateLists } from '../../../server/guard/evaluateRules.js';
import { defaultsOf } from '../../../server/guard/settings.js';

const OFF = defaultsOf('production');
const countryOf = (phone: string) => readRecipient('sms', phone)!.country!;
const rules = (phone: string, countryAllow: string[], countryBlock: string[] = []) =>
  evaluateLists({ ...OFF, countryAllow, countryBlock }, { country: countryOf(phone) }).map(
    ({ rule }) => rule,
  );

describe('entries of a country list', () => {
  it('are all countries and calling codes that numbers can have', () => {
    for (const country of getCountries()) {
      expect([country, isCountry(country)]).toEqual([country, true]);
      const code = `+${getCountryCallingCode(country)}`;
      expect([code, isCountry(code)]).toEqual([code, true]);
    }
    for (const code of ['+800', '+808', '+870', '+878', '+881', '+882', '+883', '+888', '+979'])
      expect([code, isCountry(code)]).toEqual([code, true]);
  });

  it.each(['XX', 'UK', 'EU', '+999', '+12', '+1242', '+0', '+', '', 'us'])('are not %j', (entry) =>
    expect(isCountry(entry)).toBe(false),
  );
});

const LONDON = '+442079460018';
const JERSEY = '+441534456789';
const GUERNSEY = '+441481256789';
const NEW_YORK = '+12125550123';
const TORONTO = '+14165550123';
const BAHAMAS = '+12423456789';
const MOSCOW = '+79123456789';
const ALMATY = '+77710009998';
const SATELLITE = '+881612345678';
const FREEPHONE = '+80012345678';
const COLOMBIA = '+573001234542';

describe('a list of allowed countries', () => {
  it('lets a country through, not those that share its calling code', () => {
    const not = ['country-not-allowed'];
    expect([LONDON, JERSEY, GUERNSEY].map((phone) => rules(phone, ['GB']))).toEqual([[], not, not]);
    expect([NEW_YORK, TORONTO, BAHAMAS].map((phone) => rules(phone, ['US']))).toEqual([[], not, not]);
    expect([MOSCOW, ALMATY].map((phone) => rules(phone, ['KZ']))).toEqual([not, []]);
  });

  it('lets everything of a calling code through', () => {
    for (const phone of [LONDON, JERSEY, GUERNSEY]) expect(rules(phone, ['+44'])).toEqual([]);
    for (const phone of [NEW_YORK, TORONTO, BAHAMAS]) expect(rules(phone, ['+1'])).toEqual([]);
    for (const phone of [MOSCOW, ALMATY]) expect(rules(phone, ['+7'])).toEqual([]);
    expect(rules(COLOMBIA, ['+44', '+1', '+7'])).toEqual(['country-not-allowed']);
  });

  it('knows numbers of no country by their calling code alone', () => {
    expect([countryOf(SATELLITE), countryOf(FREEPHONE)]).toEqual(['+881', '+800']);
    expect(rules(SATELLITE, getCountries())).toEqual(['country-not-allowed']);
    expect(rules(SATELLITE, ['+881'])).toEqual([]);
    expect(rules(FREEPHONE, ['+881'])).toEqual(['country-not-allowed']);
    // Assigned to no member of the plan.
    expect(countryOf('+19999999999')).toBe('+1');
    expect(rules('+19999999999', ['US', 'CA'])).toEqual(['country-not-allowed']);
    expect(rules('+19999999999', ['+1'])).toEqual([]);
  });

  it('lets everything through while it is empty', () => {
    for (const phone of [LONDON, SATELLITE, COLOMBIA]) expect(rules(phone, [])).toEqual([]);
  });
});

describe('a list of blocked countries', () => {
  it('stops a country, a calling code, and numbers of no country', () => {
    expect(rules(JERSEY, [], ['JE'])).toEqual(['country-blocked']);
    expect(rules(LONDON, [], ['JE'])).toEqual([]);
    expect(rules(LONDON, [], ['+44'])).toEqual(['country-blocked']);
    expect(rules(SATELLITE, [], ['+881'])).toEqual(['country-blocked']);
    expect(rules('+19999999999', [], ['US'])).toEqual([]);
  });

  it('is stronger than the other', () => {
    expect(rules(JERSEY, ['+44'], ['JE'])).toEqual(['country-blocked']);
    expect(rules(LONDON, ['+44'], ['JE'])).toEqual([]);
    expect(rules(JERSEY, ['GB'], ['JE'])).toEqual(['country-not-allowed', 'country-blocked']);
  });
});
