import { defineVendor } from '../vendor.js';
import { WHATSAPP_ERRORS } from './errors.js';
import { WHATSAPP_LIMITS } from './limits.js';
import { WHATSAPP_SETTINGS } from './settings.js';

const { languages, numbers } = WHATSAPP_SETTINGS.settings;

export const whatsappCloud = defineVendor({
  name: 'whatsapp-cloud',
  channels: ['whatsapp'],
  settings: WHATSAPP_SETTINGS,
  limits: WHATSAPP_LIMITS,
  errors: WHATSAPP_ERRORS,
  guide: `The text is that of an authentication template with a copy-code button, in the approved language closest to the session's locale (\`${languages.variable}\`). How long WhatsApp attempts delivery is set in the template. A workspace's sender must be one of \`${numbers.variable}\`.`,
  create: async (settings, deps) => (await import('./send.js')).createWhatsappCloud(settings, deps),
  receipts: {
    path: 'whatsapp',
    needs: ['appSecret'],
    handshake: 'verifyToken',
    guide: {
      registration: 'in the app’s settings under WhatsApp, with the verify token; subscribe to `messages`',
      signature: '`X-Hub-Signature-256`, HMAC-SHA256 with the app secret',
      signed: 'the body',
      freshness: 'none',
      notes: `Meta's message ids contain the phone number, merely encoded, so only a digest is stored.

A Meta app reports on every message of its numbers. Reports for other systems are looked up in vain, so a busy number shared with other systems should be subscribed through an app of its own.`,
    },
    load: async (settings) => (await import('./receipts.js')).whatsappReceipts(settings),
  },
});
