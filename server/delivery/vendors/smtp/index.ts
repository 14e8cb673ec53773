import { defineVendor } from '../vendor.js';
import { SMTP_ERRORS } from './errors.js';
import { SMTP_SETTINGS } from './settings.js';

export const smtp = defineVendor({
  name: 'smtp',
  channels: ['email'],
  settings: SMTP_SETTINGS,
  errors: SMTP_ERRORS,
  guide: `The reply decides. 4xx: retry with \`SMTP_…\`, after RCPT TO of this message only, as with greylisting. 5xx: by the enhanced status code (listed without its class: \`1.1\` is 5.1.1), or else by the reply code; before RCPT TO what would be about the mailbox is about the sender, \`MISCONFIGURED\`. Every final reply to AUTH is \`MISCONFIGURED\`.

The \`Message-ID\` is the same on every delivery attempt, so that a mailbox can drop a repeat. There are no delivery receipts in SMTP.`,
  create: async (settings) => (await import('./send.js')).createSmtp(settings),
});
