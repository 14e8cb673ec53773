import { defineVendor } from '../vendor.js';
import { VONAGE_ERRORS } from './errors.js';
import { MIN_TTL_SECONDS, VONAGE_LIMITS, VONAGE_SENDERS } from './limits.js';
import { VONAGE_SETTINGS } from './settings.js';

export const vonage = defineVendor({
  name: 'vonage',
  channels: ['sms'],
  settings: VONAGE_SETTINGS,
  senders: VONAGE_SENDERS,
  limits: VONAGE_LIMITS,
  errors: VONAGE_ERRORS,
  guide: `The Messages API, version 1. A message that is still on its way when its code expires is dropped by Vonage (\`ttl\`, at least ${MIN_TTL_SECONDS} s).`,
  create: async (settings, deps) => (await import('./send.js')).createVonage(settings, deps),
  receipts: {
    path: 'vonage',
    urlPerMessage: true,
    needs: ['signatureSecret'],
    guide: {
      registration: 'none: passed with each message. Enable signed webhooks in the account’s settings',
      signature: '`Authorization: Bearer`, a token signed with HS256',
      signed: 'the SHA-256 of the body',
      freshness: 'within 5 minutes',
      notes:
        'Only the Messages API is supported, whose webhooks carry the token. The `sig` parameter of the older SMS API uses a weaker scheme and is not accepted.',
    },
    load: async ({ signatureSecret }, clock) =>
      (await import('./receipts.js')).vonageReceipts(signatureSecret, clock),
  },
});
