import type { Clock } from '../../../platform/clock.js';
import { signWebhook } from '../../../secrets/tokens/standardWebhooks.js';
import type { Message, Provider } from '../../provider.js';
import { postToVendor, type VendorProtocol } from '../vendorRequest.js';
import { WEBHOOK_ERRORS, WEBHOOK_WORDS } from './errors.js';
import type { DeliveryWebhookSettings } from './settings.js';

const TIMEOUT_MS = 10_000;

/**
 * Sends messages to a service of the operator's own, signed (Standard Webhooks).
 * It responds by status: 2xx accepts the message, with `{"id": …}` under its own
 * id; 422 the recipient cannot be reached; 400 or 403 refuses the message; 401
 * does not recognise the signature; 429 and 5xx ask for another delivery attempt,
 * after Retry-After. It may send a delivery receipt later; see receipts.ts.
 */
export function createDeliveryWebhook(
  { url, secret, channels }: DeliveryWebhookSettings,
  { clock }: { readonly clock: Clock },
): Provider {
  return {
    name: 'delivery-webhook',
    channels,
    timeoutMs: TIMEOUT_MS,
    reports: true,
    async send(message, signal) {
      const body = JSON.stringify(bodyOf(message));
      const headers = {
        'content-type': 'application/json',
        ...signWebhook([secret], message.id, body, clock.now()),
      };
      const protocol = protocolFor(message.id);
      return postToVendor({ url, headers, body }, { protocol, message, signal, clock });
    },
    async close() {},
  };
}

const bodyOf = (message: Message) => ({
  // The same on every delivery attempt: a message that was accepted once need not be sent again.
  message_id: message.id,
  channel: message.channel,
  to: message.to,
  ...(message.from !== undefined && { from: message.from }),
  ...(message.subject !== undefined && { subject: message.subject }),
  text: message.text,
  ...(message.html !== undefined && { html: message.html }),
  code: message.code,
  locale: message.locale,
  session_id: message.sessionId,
  workspace: message.workspace,
  expires_at: new Date(message.expiresAt).toISOString(),
});

const protocolFor = (messageId: string): VendorProtocol => ({
  acceptedId({ status, body, json }) {
    // A body that is not JSON may be half a response, or that of a proxy in between.
    if (status < 200 || status >= 300 || (body.trim() !== '' && !json)) return undefined;
    const own = json?.id;
    return typeof own === 'string' && own !== '' ? own : messageId;
  },
  meaningOf({ status, json }) {
    const word = WEBHOOK_WORDS.safeParse(json?.error);
    return word.success ? word.data : WEBHOOK_ERRORS.meaningOf(status);
  },
  errorIn: ({ json }) => ({ code: json?.code, text: json?.text }),
});
