import type { MessageLimits, SenderForm } from '../limits.js';

/** https://docs.aws.amazon.com/sns/latest/dg/sms_sending-overview.html, sender ids and origination numbers. */
export const SNS_SENDERS: SenderForm = {
  pattern: /^(\+?\d{5,14}|(?=.*[A-Za-z])[A-Za-z0-9]([A-Za-z0-9-]{0,9}[A-Za-z0-9])?)$/,
  description:
    'a number of the account of 5 to 14 digits, or a sender id of up to 11 letters, digits and inner hyphens with a letter',
};

/** Of all parts of a text together. */
export const SNS_LIMITS = { textBytes: 1_600 } as const satisfies MessageLimits;
