import { CHANNELS } from '../../../domain/channels.js';
import { defineVendor } from '../vendor.js';
import { WEBHOOK_ERRORS } from './errors.js';
import { DELIVERY_WEBHOOK_SETTINGS } from './settings.js';

export const deliveryWebhook = defineVendor({
  name: 'delivery-webhook',
  channels: CHANNELS,
  settings: DELIVERY_WEBHOOK_SETTINGS,
  errors: WEBHOOK_ERRORS,
  guide:
    'A POST of JSON to a service of your own, signed as [Standard Webhooks](https://www.standardwebhooks.com) says, so that its published libraries verify it: `message_id` (also `webhook-id`, the same on every delivery attempt), `channel`, `to`, `from`, `subject`, `text`, `html`, `code`, `locale`, `session_id`, `workspace`, `expires_at`. Any 2xx accepts the message, with `{"id": …}` under an id of its own. Errors are read by their status.',
  create: async (settings, deps) => (await import('./send.js')).createDeliveryWebhook(settings, deps),
  receipts: {
    path: 'webhook',
    needs: [],
    guide: {
      registration: 'in your service',
      signature:
        '`webhook-id`, `webhook-timestamp`, `webhook-signature` ([Standard Webhooks](https://www.standardwebhooks.com)) with the same secret',
      signed: 'id, time and body',
      freshness: 'within 5 minutes',
      notes: `A service of your own reports in the same way, signed with the same secret:

\`\`\`json
{"id": "…", "status": "failed", "error": "WRONG_RECIPIENT"}
\`\`\`

\`id\` is the one it returned when it accepted the message, up to 512 characters and never reused, or our \`message_id\`. \`status\` is \`delivered\` or \`failed\`. \`error\` is \`WRONG_RECIPIENT\`, \`RECIPIENT_UNAVAILABLE\`, \`OPTED_OUT\`, \`REFUSED\`, \`MISCONFIGURED\`, \`EXPIRED\` or \`UNDELIVERED\`, which is the default. \`code\` and \`text\` are optional: the reason in the words of your own vendor.`,
    },
    load: async ({ secret }, clock) => (await import('./receipts.js')).deliveryWebhookReceipts(secret, clock),
  },
});
