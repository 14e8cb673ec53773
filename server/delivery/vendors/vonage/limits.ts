import type { MessageLimits, SenderForm } from '../limits.js';

/** https://developer.vonage.com/en/api/messages, channel sms, fields from and text. */
export const VONAGE_SENDERS: SenderForm = {
  pattern: /^(\+[1-9]\d{6,14}|[A-Za-z0-9]{1,11})$/,
  description: 'a phone number, or a name of up to 11 letters and digits',
};

export const VONAGE_LIMITS = { textCharacters: 1_000 } as const satisfies MessageLimits;

/** Shortest time to live of a message. */
export const MIN_TTL_SECONDS = 20;
