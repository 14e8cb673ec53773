import { type ErrorMeaning, errorTable } from '../errorTable.js';

/** The words or numbers at the end of Vonage's error types, in responses and in status webhooks. */
export const VONAGE_ERRORS = errorTable({
  source: 'https://developer.vonage.com/en/api-errors/messages',
  rows: [
    [[1170, 1300, 1430], 'WRONG_RECIPIENT', 'the number is missing, not valid or unknown'],
    [1190, 'WRONG_RECIPIENT', 'the number is no longer in use'],
    [1310, 'WRONG_RECIPIENT', 'the device cannot receive such messages'],
    [[1180, 1220], 'RECIPIENT_UNAVAILABLE', 'the phone is off, busy or out of coverage'],
    [1290, 'RECIPIENT_UNAVAILABLE', 'the recipient has no credit left'],
    [1240, 'OPTED_OUT', 'the recipient has opted out'],
    [[1010, 1020, 1021, 1130, 1150, 'invalid-params'], 'REFUSED', 'a parameter is missing or not valid'],
    [[1040, 1090], 'REFUSED', 'the message cannot be processed or is too long'],
    [1050, 'REFUSED', 'the number is barred'],
    [1210, 'REFUSED', 'rejected by an anti-spam filter'],
    [[1200, 1250, 1260], 'REFUSED', 'the destination cannot be reached this way'],
    [[1270, 1280], 'REFUSED', 'blocked by the carrier'],
    [1340, 'REFUSED', 'outside the allowed time window'],
    [1022, 'MISCONFIGURED', 'the template is not valid'],
    [[1060, 'account-suspended'], 'MISCONFIGURED', 'the account is barred'],
    [[1070, 'low-balance'], 'MISCONFIGURED', 'no credit left'],
    [[1080, 1140, 'forbidden', 'unprovisioned'], 'MISCONFIGURED', 'the account is not enabled for this'],
    [
      [1110, 1370, 'invalid-api-key', 'invalid-signature', 'jwt-expired', 'jwt-revoked', 'unauthorized'],
      'MISCONFIGURED',
      'the credentials are not valid',
      'https://developer.vonage.com/en/api-errors',
    ],
    [
      'not-found',
      'MISCONFIGURED',
      'the resource does not exist',
      'https://developer.vonage.com/en/api-errors',
    ],
    [1160, 'MISCONFIGURED', 'the destination is not on the account’s list of allowed ones'],
    [1350, 'MISCONFIGURED', 'a fee is not paid'],
    [[1120, 1420], 'MISCONFIGURED', 'the sender cannot be used, or not there'],
    [[1000, 'throttled'], { retry: 'RATE_LIMITED' }, 'throttled'],
    [1241, { retry: 'RATE_LIMITED', aboutMessage: true }, 'too many messages to this number'],
    [1030, { retry: 'HTTP_500' }, 'internal error'],
    [[1100, 1230], { retry: 'HTTP_503' }, 'communication or the network failed'],
    [[1320, 1330], { retry: 'PROVIDER_FAULT' }, 'no reason given'],
    [1360, 'EXPIRED', 'the time to live ended'],
  ],
  others: [
    [
      'invalid_parameters',
      'WRONG_RECIPIENT',
      'where it names `to` and the code is 1010, 1020 or not listed here',
    ],
  ],
});

/** The code in an error type such as `https://developer.vonage.com/api-errors/messages#1000`. */
export const vonageCode = (type: unknown): string | undefined => /#([\w-]{1,40})$/.exec(String(type))?.[1];

/** What an error type means. */
export const vonageMeaning = (type: unknown): ErrorMeaning | undefined =>
  VONAGE_ERRORS.meaningOf(vonageCode(type));
