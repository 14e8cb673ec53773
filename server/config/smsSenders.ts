/** What each vendor takes as the sender of a text message. */
export const SMS_SENDERS = {
  /** A phone number, a short code, a messaging service, or a name of up to 11 letters, digits, spaces and a few signs, with a letter. */
  twilio: /^(\+[1-9]\d{6,14}|\d{3,8}|MG[0-9a-fA-F]{32}|(?=.*[A-Za-z])[A-Za-z0-9 +_&-]{1,11})$/,
  /** A phone number, or up to 11 letters and digits. */
  vonage: /^(\+[1-9]\d{6,14}|[A-Za-z0-9]{1,11})$/,
  /** A number of the account, or up to 11 letters, digits and inner hyphens, with a letter. */
  sns: /^(\+?\d{5,14}|(?=.*[A-Za-z])[A-Za-z0-9]([A-Za-z0-9-]{0,9}[A-Za-z0-9])?)$/,
} as const;
