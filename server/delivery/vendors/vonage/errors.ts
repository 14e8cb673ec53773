import { type ErrorMeaning, errorTable } from '../errorTable.js';

/** The numbers at the end of Vonage's error types, for those that do not mean what their HTTP status says. */
export const VONAGE_ERRORS = errorTable({
  source: 'https://developer.vonage.com/en/api-errors/messages',
  rows: [
    [1000, { retry: 'RATE_LIMITED' }, 'throttled'],
    [1030, { retry: 'HTTP_500' }, 'internal error'],
    [1040, 'REFUSED', 'the message cannot be processed'],
    [1050, 'REFUSED', 'the number is barred'],
    [1060, 'MISCONFIGURED', 'the account is barred'],
    [1070, 'MISCONFIGURED', 'no credit left'],
    [1080, 'MISCONFIGURED', 'the account is not enabled for this API'],
    [1100, { retry: 'HTTP_503' }, 'communication failed'],
    [1110, 'MISCONFIGURED', 'invalid signature'],
    [1120, 'REFUSED', 'the sender is not allowed there'],
    [1140, 'MISCONFIGURED', 'the account may not use this facility'],
    [1160, 'MISCONFIGURED', 'the destination is not on the account’s list of allowed ones'],
    [1170, 'WRONG_RECIPIENT', 'invalid or missing number'],
    [1190, 'WRONG_RECIPIENT', 'the number is no longer in use'],
    [1210, 'REFUSED', 'rejected by an anti-spam filter'],
    [1240, 'WRONG_RECIPIENT', 'the recipient has opted out'],
    [1241, { retry: 'RATE_LIMITED', aboutMessage: true }, 'too many messages to this number'],
    [1250, 'REFUSED', 'cannot be routed'],
    [1260, 'REFUSED', 'the destination cannot be reached'],
    [1280, 'REFUSED', 'blocked by the carrier'],
    [1420, 'MISCONFIGURED', 'the sender cannot be used'],
    [1430, 'WRONG_RECIPIENT', 'the recipient cannot be used'],
  ],
  others: [['invalid_parameters', 'WRONG_RECIPIENT', 'where it names `to` and the code is not listed here']],
});

/** What an error type such as `https://developer.vonage.com/api-errors/messages#1000` means. */
export const vonageMeaning = (type: unknown): ErrorMeaning | undefined =>
  VONAGE_ERRORS.meaningOf(/#(\d+)$/.exec(String(type))?.[1]);
