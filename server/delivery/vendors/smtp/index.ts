import { defineVendor } from '../vendor.js';
import { SMTP_SETTINGS } from './settings.js';

export const smtp = defineVendor({
  name: 'smtp',
  channels: ['email'],
  settings: SMTP_SETTINGS,
  guide: `The reply code decides. 4xx: retry with \`SMTP_…\`, after RCPT TO of this message only, as with greylisting. 5xx after RCPT TO is \`WRONG_RECIPIENT\`, unless its enhanced code is x.7 (who may send, RFC 3463): then, and at any other point, \`REFUSED\`. Wrong credentials, or none where a password is required (530), are \`MISCONFIGURED\`.

The \`Message-ID\` is the same on every delivery attempt, so that a mailbox can drop a repeat. There are no delivery receipts in SMTP.`,
  create: async (settings) => (await import('./send.js')).createSmtp(settings),
});
