import type { ChannelName } from '../../domain/channels.js';
import type { Clock } from '../../platform/clock.js';
import { signWebhook } from '../../secrets/tokens/standardWebhooks.js';
import type { Message, Outcome, Provider } from '../provider.js';
import { askVendor, outcomeOf, type VendorAnswer, type Verdicts } from '../vendorRequest.js';

const TIMEOUT_MS = 10_000;

export interface DeliveryWebhookSettings {
  readonly url: string;
  /** whsec_… */
  readonly secret: string;
  readonly channels: readonly ChannelName[];
}

/**
 * Hands messages to a service of the operator's own, signed (Standard Webhooks).
 * It answers by status: 2xx it takes the message, with `{"id": …}` under its own
 * id for it; 422 nobody can be reached there; 400 or 403 it refuses the message;
 * 401 it does not know the signature; 429 and 5xx try again, after Retry-After.
 * What becomes of the message it may report later; see gateway/callbacks/.
 */
export function createDeliveryWebhook(settings: DeliveryWebhookSettings, clock: Clock): Provider {
  const { url, secret, channels } = settings;
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
      return askVendor({ url, headers, body }, signal, clock, (answer) => judge(answer, message.id));
    },
    async close() {},
  };
}

const bodyOf = (message: Message) => ({
  // The same on every try: what was taken once need not be sent again.
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

export const WEBHOOK_VERDICTS: Verdicts = {
  400: 'REFUSED',
  401: 'MISCONFIGURED',
  403: 'REFUSED',
  422: 'WRONG_RECIPIENT',
};

function judge(answer: VendorAnswer, messageId: string): Outcome | undefined {
  const { status, body, json } = answer;
  if (status >= 200 && status < 300) {
    // Half an answer, or that of somebody else who stands in between, is none.
    if (body.trim() !== '' && !json) return undefined;
    const own = json?.id;
    return { kind: 'accepted', vendorId: typeof own === 'string' && own !== '' ? own : messageId };
  }
  const verdict = WEBHOOK_VERDICTS[status];
  return verdict && outcomeOf(verdict, answer);
}
