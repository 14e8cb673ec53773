import { codeRange, type ErrorMeaning, errorTable } from '../errorTable.js';

/**
 * Meta's error codes of sending messages, in responses and in status webhooks.
 * Those of calls, groups, flows and of managing templates and numbers cannot
 * occur here; a few that can be confused with them are listed.
 */
export const WHATSAPP_ERRORS = errorTable({
  source: 'https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes',
  rows: [
    [131021, 'WRONG_RECIPIENT', 'the recipient is the sender'],
    [[131002, 131026, 131062], 'WRONG_RECIPIENT', 'the message cannot be delivered to this number'],
    [131050, 'OPTED_OUT', 'the recipient has opted out'],
    [[100, 131008, 131009], 'REFUSED', 'a parameter is missing or not valid'],
    [[131001, 131051, 131052, 131053, 131055], 'REFUSED', 'the content is not accepted'],
    [130472, 'REFUSED', 'the recipient is part of an experiment'],
    [130497, 'REFUSED', 'the account may not write to this country'],
    [131047, 'REFUSED', 'more than a day since the recipient’s last message'],
    [131049, 'REFUSED', 'Meta chose not to deliver the message'],
    [137000, 'REFUSED', 'the recipient’s identity has changed'],
    [[0, 190], 'MISCONFIGURED', 'authentication failed or the access token has expired'],
    [[3, 10, codeRange(200, 299), 131005], 'MISCONFIGURED', 'a permission is missing'],
    [[33, 131006], 'MISCONFIGURED', 'the phone number of the account does not exist'],
    [[368, 131031, 133007], 'MISCONFIGURED', 'the account is blocked or locked'],
    [131030, 'MISCONFIGURED', 'a test number writes to listed recipients only'],
    [131037, 'MISCONFIGURED', 'the display name is not approved'],
    [[131042, 131044], 'MISCONFIGURED', 'a problem with the payment method'],
    [131045, 'MISCONFIGURED', 'the certificate or registration of the phone number is wrong'],
    [131063, 'MISCONFIGURED', 'marketing templates are disabled or the country is not supported'],
    [
      [132000, 132008, 132012, 132018],
      'MISCONFIGURED',
      'number, value or format of a template parameter is wrong',
    ],
    [
      [132001, 132005, 132007],
      'MISCONFIGURED',
      'the template does not exist in this language, is too long or violates a policy',
    ],
    [[132015, 132016, 134102], 'MISCONFIGURED', 'the template is paused, disabled or not available'],
    [132068, 'MISCONFIGURED', 'the flow is blocked'],
    [
      [133000, 133001, 133002, 133003, 133005, 133006, 133008, 133009, 133010, 136025],
      'MISCONFIGURED',
      'the phone number is not registered or must be verified again',
    ],
    [131064, 'QUOTA_EXCEEDED', 'the account has reached its messaging limit'],
    [
      [4, 80007, 130429, 132069, 133015, 133016],
      { retry: 'RATE_LIMITED' },
      'a rate limit of app, account or number',
    ],
    [131048, { retry: 'RATE_LIMITED' }, 'limited because of spam'],
    [131056, { retry: 'RATE_LIMITED', aboutMessage: true }, 'too many messages to this recipient'],
    [[1, 131000, 135000], { retry: 'HTTP_500' }, 'unknown error'],
    [[2, 131016, 131057, 133004, 134101], { retry: 'HTTP_503' }, 'temporarily unavailable'],
    [506, { retry: 'PROVIDER_FAULT', aboutMessage: true }, 'taken for a repeat'],
    [131043, 'EXPIRED', 'the time to live ended'],
  ],
});

/** What one of Meta's error codes means, in a response or in a receipt. */
export const whatsappMeaning = (code: unknown): ErrorMeaning | undefined =>
  typeof code === 'number' ? WHATSAPP_ERRORS.meaningOf(code) : undefined;
