import { defineVendor } from '../vendor.js';
import { TWILIO_ERRORS } from './errors.js';
import { TWILIO_LIMITS, TWILIO_SENDERS } from './limits.js';
import { TWILIO_SETTINGS } from './settings.js';

export const twilio = defineVendor({
  name: 'twilio',
  channels: ['sms', 'whatsapp'],
  settings: TWILIO_SETTINGS,
  senders: TWILIO_SENDERS,
  limits: TWILIO_LIMITS,
  errors: TWILIO_ERRORS,
  guide:
    'A message that is still queued when its code expires is dropped by Twilio (`ValidityPeriod`). The length limit does not apply to WhatsApp messages that are sent by template.',
  create: async (settings, deps) => (await import('./send.js')).createTwilio(settings, deps),
  receipts: {
    path: 'twilio',
    urlPerMessage: true,
    needs: [],
    guide: {
      registration: 'none: passed with each message',
      signature: '`X-Twilio-Signature`, HMAC-SHA1 with the auth token',
      signed:
        'the exact public URL with its query, and every form field; with or without the port, as Twilio sends both',
      freshness: 'none',
      notes: 'Twilio does not retry after 503; the message then stays `ACCEPTED`.',
    },
    load: async (settings) => (await import('./receipts.js')).twilioReceipts(settings),
  },
});
