import { getCountryCallingCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';

/** Digits that no plan is too short or too long for. */
const SOME_DIGITS = '2025550123';

/** Whether an entry of a list is a country or a calling code that numbers can have. */
export function isCountry(entry: string): boolean {
  if (!entry.startsWith('+')) return isSupportedCountry(entry);
  const read = parsePhoneNumberFromString(entry + SOME_DIGITS);
  return read !== undefined && `+${read.countryCallingCode}` === entry;
}

/**
 * Whether a list names a number's country, itself or by its calling code. A
 * number that the plan of its calling code gives to no country in particular has
 * that code for one, so lists of countries alone neither allow nor block it.
 */
export const isListed = (list: readonly string[], country: string): boolean =>
  list.includes(country) ||
  (isSupportedCountry(country) && list.includes(`+${getCountryCallingCode(country)}`));
