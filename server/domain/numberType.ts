import type { NumberType as LibraryType, PhoneNumber } from 'libphonenumber-js/max';

/** What a phone number is for, as far as its numbering plan says. */
export const NUMBER_TYPES = [
  'MOBILE',
  'FIXED_LINE',
  'FIXED_LINE_OR_MOBILE',
  'VOIP',
  'PERSONAL',
  'TOLL_FREE',
  'PREMIUM_RATE',
  'SHARED_COST',
  'UAN',
  'UIFN',
  'SATELLITE',
  'PAGER',
  'VOICEMAIL',
] as const;

export type NumberType = (typeof NUMBER_TYPES)[number];

/** Calling codes that belong to no country and say by themselves what their numbers are for (ITU-T E.164 assignments). */
const BY_CALLING_CODE: Readonly<Record<string, NumberType>> = {
  800: 'UIFN',
  808: 'UIFN',
  979: 'UIFN',
  870: 'SATELLITE',
  881: 'SATELLITE',
  882: 'SATELLITE',
  883: 'SATELLITE',
};

const BY_PLAN: Readonly<Record<NonNullable<LibraryType>, NumberType>> = {
  MOBILE: 'MOBILE',
  FIXED_LINE: 'FIXED_LINE',
  FIXED_LINE_OR_MOBILE: 'FIXED_LINE_OR_MOBILE',
  VOIP: 'VOIP',
  PERSONAL_NUMBER: 'PERSONAL',
  TOLL_FREE: 'TOLL_FREE',
  PREMIUM_RATE: 'PREMIUM_RATE',
  SHARED_COST: 'SHARED_COST',
  UAN: 'UAN',
  PAGER: 'PAGER',
  VOICEMAIL: 'VOICEMAIL',
};

/** The type of a number; undefined where its plan does not say, or does not know the number. */
export function numberTypeOf(number: PhoneNumber): NumberType | undefined {
  const international = BY_CALLING_CODE[number.countryCallingCode];
  if (international) return international;
  const type = number.getType();
  return type && BY_PLAN[type];
}
