import type { ChannelName } from '../../../domain/channels.js';
import type { Clock } from '../../../platform/clock.js';
import type { Message, Provider } from '../../provider.js';
import { isWithin } from '../limits.js';
import { checkVendor, postToVendor, readVendor, type VendorProtocol } from '../vendorRequest.js';
import { TWILIO_ERRORS } from './errors.js';
import { TWILIO_LIMITS, TWILIO_SENDERS } from './limits.js';
import type { TwilioSettings } from './settings.js';

const TIMEOUT_MS = 10_000;
/** Longest ValidityPeriod. */
const MAX_VALIDITY_SECONDS = 36_000;
const MESSAGING_SERVICE = /^MG[0-9a-f]{32}$/i;

interface Deps {
  readonly clock: Clock;
  /** Where Twilio sends delivery receipts; undefined: it sends none. */
  readonly callbackUrl: string | undefined;
}

/** Twilio's Messages resource, for text messages and WhatsApp. */
export function createTwilio(settings: TwilioSettings, { clock, callbackUrl }: Deps): Provider {
  const { accountSid, authToken, from, whatsappFrom } = settings;
  const account = `${settings.url}/2010-04-01/Accounts/${accountSid}`;
  const url = `${account}/Messages.json`;
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
  const channels: ChannelName[] = [
    ...(from ? (['sms'] as const) : []),
    ...(whatsappFrom ? (['whatsapp'] as const) : []),
  ];
  return {
    name: 'twilio',
    channels,
    ...(settings.whatsappContentSid && { fixedText: ['whatsapp'] }),
    timeoutMs: TIMEOUT_MS,
    reports: callbackUrl !== undefined,
    async send(message, signal) {
      const content = contentOf(message, settings);
      if (!content) return { kind: 'failed', error: 'REFUSED' };
      const seconds = Math.floor((message.expiresAt - clock.now()) / 1000);
      const form = {
        ...content,
        // A message must not leave the queue after its code has expired.
        ValidityPeriod: `${Math.min(Math.max(seconds, 1), MAX_VALIDITY_SECONDS)}`,
        ...(callbackUrl && { StatusCallback: callbackUrl }),
      };
      const request = {
        url,
        headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(form).toString(),
      };
      return postToVendor(request, { protocol, message, signal, clock });
    },
    async find(message, signal) {
      const content = contentOf(message, settings);
      // WhatsApp messages by a template are listed in words that are not known here.
      if (!content?.Body) return undefined;
      const query = new URLSearchParams({ To: content.To!, PageSize: '50' });
      const listed = await readVendor({ url: `${url}?${query}`, headers: { authorization } }, { signal });
      return sidOf(listed.messages, content.Body);
    },
    check: (signal) =>
      checkVendor({ url: `${account}.json`, headers: { authorization } }, { protocol, signal, clock }),
    async close() {},
  };
}

/** Recipient, sender and content of the form; undefined for a message that Twilio cannot send. */
function contentOf(message: Message, settings: TwilioSettings): Record<string, string> | undefined {
  const { channel, to, text, code } = message;
  const isTooLong = !isWithin(message, TWILIO_LIMITS);
  if (channel === 'whatsapp') {
    const { whatsappContentSid } = settings;
    if (!whatsappContentSid && isTooLong) return undefined;
    const content = whatsappContentSid
      ? { ContentSid: whatsappContentSid, ContentVariables: JSON.stringify({ 1: code }) }
      : { Body: text };
    return {
      To: `whatsapp:${to}`,
      From: `whatsapp:${message.from ?? settings.whatsappFrom}`,
      ...content,
    };
  }
  const sender = senderOf(message.from ?? settings.from ?? '');
  if (!sender || isTooLong) return undefined;
  return { To: to, ...sender, Body: text };
}

/** The message with these words, which have a code in them; newest first, as Twilio lists them. */
function sidOf(messages: unknown, body: string): string | undefined {
  if (!Array.isArray(messages)) return undefined;
  const found = messages.find(
    (one: Readonly<Record<string, unknown>>) =>
      one.body === body && String(one.direction).startsWith('outbound'),
  );
  return typeof found?.sid === 'string' ? found.sid : undefined;
}

function senderOf(from: string): Record<string, string> | undefined {
  if (!TWILIO_SENDERS.pattern.test(from)) return undefined;
  return MESSAGING_SERVICE.test(from) ? { MessagingServiceSid: from } : { From: from };
}

const protocol: VendorProtocol = {
  acceptedId: ({ status, json }) => (status === 201 ? json?.sid : undefined),
  meaningOf: ({ json }) => TWILIO_ERRORS.meaningOf(json?.code),
  errorIn: ({ json }) => ({ code: json?.code, text: json?.message }),
};
