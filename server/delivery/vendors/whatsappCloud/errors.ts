import { type ErrorMeaning, errorTable } from '../errorTable.js';

/** Meta's error codes that do not mean what their HTTP status says. */
export const WHATSAPP_ERRORS = errorTable({
  source: 'https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes',
  rows: [
    [0, 'MISCONFIGURED', 'authentication failed'],
    [1, { retry: 'HTTP_500' }, 'unknown error of the API'],
    [2, { retry: 'HTTP_503' }, 'the API is temporarily unavailable'],
    [3, 'MISCONFIGURED', 'the app may not call this method'],
    [4, { retry: 'RATE_LIMITED' }, 'too many calls of the app'],
    [10, 'MISCONFIGURED', 'permission denied'],
    [33, 'MISCONFIGURED', 'the phone number of the account does not exist'],
    [190, 'MISCONFIGURED', 'the access token has expired'],
    [[200, 299], 'MISCONFIGURED', 'a permission is missing'],
    [368, 'MISCONFIGURED', 'the account is blocked for violating a policy'],
    [80007, { retry: 'RATE_LIMITED' }, 'rate limit of the account'],
    [130429, { retry: 'RATE_LIMITED' }, 'rate limit of the number'],
    [130472, 'REFUSED', 'the recipient is part of an experiment'],
    [130497, 'REFUSED', 'the account may not write to this country'],
    [131000, { retry: 'HTTP_500' }, 'unknown error'],
    [131005, 'MISCONFIGURED', 'access denied'],
    [131016, { retry: 'HTTP_503' }, 'a service is temporarily unavailable'],
    [131021, 'WRONG_RECIPIENT', 'the recipient is the sender'],
    [131026, 'WRONG_RECIPIENT', 'the message cannot be delivered to this number'],
    [131030, 'MISCONFIGURED', 'a test number writes to listed recipients only'],
    [131031, 'MISCONFIGURED', 'the account is locked'],
    [131037, 'MISCONFIGURED', 'the display name is not approved'],
    [131042, 'MISCONFIGURED', 'a problem with the payment method'],
    [131045, 'MISCONFIGURED', 'the phone number is not registered correctly'],
    [131047, 'REFUSED', 'more than a day since the recipient’s last message'],
    [131048, { retry: 'RATE_LIMITED' }, 'limited because of spam'],
    [131049, 'REFUSED', 'Meta chose not to deliver the message'],
    [131050, 'WRONG_RECIPIENT', 'the recipient has opted out'],
    [131056, { retry: 'RATE_LIMITED', aboutMessage: true }, 'too many messages to this recipient'],
    [131057, { retry: 'HTTP_503' }, 'the account is in maintenance'],
    [132000, 'MISCONFIGURED', 'wrong number of template parameters'],
    [132001, 'MISCONFIGURED', 'the template does not exist in this language'],
    [132005, 'MISCONFIGURED', 'the text of the template is too long'],
    [132007, 'MISCONFIGURED', 'the template violates a policy'],
    [132012, 'MISCONFIGURED', 'wrong format of a template parameter'],
    [132015, 'MISCONFIGURED', 'the template is paused'],
    [132016, 'MISCONFIGURED', 'the template is disabled'],
    [133004, { retry: 'HTTP_503' }, 'the server is temporarily unavailable'],
    [133006, 'MISCONFIGURED', 'the phone number must be verified again'],
    [133010, 'MISCONFIGURED', 'the phone number is not registered'],
  ],
});

/** What one of Meta's error codes means, in a response or in a receipt. */
export const whatsappMeaning = (code: unknown): ErrorMeaning | undefined =>
  typeof code === 'number' ? WHATSAPP_ERRORS.meaningOf(code) : undefined;
