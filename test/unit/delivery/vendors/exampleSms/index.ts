import { defineVendor } from '../../../../../server/delivery/vendors/vendor.js';
import { EXAMPLE_ERRORS } from './errors.js';
import { EXAMPLE_LIMITS, EXAMPLE_SENDERS } from './limits.js';
import { EXAMPLE_SETTINGS } from './settings.js';

/** A vendor that exists in this folder only: a room like those in server/delivery/vendors/. */
export const exampleSms = defineVendor({
  name: 'example-sms',
  channels: ['sms'],
  settings: EXAMPLE_SETTINGS,
  senders: EXAMPLE_SENDERS,
  limits: EXAMPLE_LIMITS,
  errors: EXAMPLE_ERRORS,
  guide: 'An example of a vendor.',
  create: async (settings, deps) => (await import('./send.js')).createExampleSms(settings, deps),
  receipts: {
    path: 'example',
    urlPerMessage: true,
    needs: ['signingSecret'],
    guide: {
      registration: 'none: passed with each message',
      signature: '`X-Example-Signature`, HMAC-SHA256',
      signed: 'the body',
      freshness: 'none',
    },
    load: async ({ signingSecret }) => (await import('./receipts.js')).exampleReceipts(signingSecret),
  },
});
