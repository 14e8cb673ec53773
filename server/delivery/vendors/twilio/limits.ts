import type { MessageLimits, SenderForm } from '../limits.js';

/** https://www.twilio.com/docs/messaging/api/message-resource, parameters From and MessagingServiceSid. */
export const TWILIO_SENDERS: SenderForm = {
  pattern: /^(\+[1-9]\d{6,14}|\d{3,8}|MG[0-9a-fA-F]{32}|(?=.*[A-Za-z])[A-Za-z0-9 +_&-]{1,11})$/,
  description:
    'a phone number, a short code of 3 to 8 digits, a messaging service (MG…), or a name of up to 11 letters, digits, spaces and + - _ & with a letter',
};

/** Parameter Body of the same resource. */
export const TWILIO_LIMITS = { textCharacters: 1_600 } as const satisfies MessageLimits;
