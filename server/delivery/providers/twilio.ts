import { SMS_SENDERS } from '../../config/smsSenders.js';
import type { ChannelName } from '../../domain/channels.js';
import type { Clock } from '../../platform/clock.js';
import type { Message, Outcome, Provider } from '../provider.js';
import { askVendor, outcomeOf, type VendorAnswer, type Verdict, type Verdicts } from '../vendorRequest.js';

const TIMEOUT_MS = 10_000;
export const TWILIO_LIMITS = {
  /** Of a message body. */
  characters: 1_600,
  /** Of a ValidityPeriod. */
  seconds: 36_000,
} as const;
const MESSAGING_SERVICE = /^MG[0-9a-f]{32}$/i;

export interface TwilioSettings {
  readonly url: string;
  readonly accountSid: string;
  readonly authToken: string;
  /** Of text messages; undefined: none are sent. */
  readonly from: string | undefined;
  /** Phone number of WhatsApp messages; undefined: none are sent. */
  readonly whatsappFrom: string | undefined;
  /** Template of WhatsApp messages, whose variable 1 is the code. */
  readonly whatsappContentSid: string | undefined;
  /** Where it reports what becomes of messages; undefined: it does not. */
  readonly statusCallback: string | undefined;
}

/** Twilio's Messages resource, for text messages and WhatsApp. */
export function createTwilio(settings: TwilioSettings, clock: Clock): Provider {
  const { url, accountSid, authToken, from, whatsappFrom, statusCallback } = settings;
  const address = `${url}/2010-04-01/Accounts/${accountSid}/Messages.json`;
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
  const channels: ChannelName[] = [
    ...(from ? (['sms'] as const) : []),
    ...(whatsappFrom ? (['whatsapp'] as const) : []),
  ];
  return {
    name: 'twilio',
    channels,
    timeoutMs: TIMEOUT_MS,
    reports: statusCallback !== undefined,
    async send(message, signal) {
      const form = formOf(message, settings, clock.now());
      if (!form) return { kind: 'failed', error: 'REFUSED' };
      const request = {
        url: address,
        headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(form).toString(),
      };
      return askVendor(request, signal, clock, judge);
    },
    async close() {},
  };
}

/** The form to be posted; undefined for a message that Twilio cannot send. */
function formOf(message: Message, settings: TwilioSettings, now: number): Record<string, string> | undefined {
  const seconds = Math.floor((message.expiresAt - now) / 1000);
  const common = {
    // It is not to leave the queue once the code is over.
    ValidityPeriod: `${Math.min(Math.max(seconds, 1), TWILIO_LIMITS.seconds)}`,
    ...(settings.statusCallback && { StatusCallback: settings.statusCallback }),
  };
  const isTooLong = [...message.text].length > TWILIO_LIMITS.characters;
  if (message.channel === 'whatsapp') {
    if (!settings.whatsappContentSid && isTooLong) return undefined;
    const content = settings.whatsappContentSid
      ? {
          ContentSid: settings.whatsappContentSid,
          ContentVariables: JSON.stringify({ 1: message.code }),
        }
      : { Body: message.text };
    const from = message.from ?? settings.whatsappFrom;
    return { To: `whatsapp:${message.to}`, From: `whatsapp:${from}`, ...content, ...common };
  }
  const sender = senderOf(message.from ?? settings.from ?? '');
  if (!sender || isTooLong) return undefined;
  return { To: message.to, ...sender, Body: message.text, ...common };
}

function senderOf(from: string): Record<string, string> | undefined {
  if (!SMS_SENDERS.twilio.test(from)) return undefined;
  return MESSAGING_SERVICE.test(from) ? { MessagingServiceSid: from } : { From: from };
}

/** Twilio's error codes that do not mean what their HTTP status says. */
export const TWILIO_VERDICTS: Verdicts = {
  // Account, credentials, permissions.
  20003: 'MISCONFIGURED',
  20005: 'MISCONFIGURED',
  20404: 'MISCONFIGURED',
  30002: 'MISCONFIGURED',
  // Too many requests, a full queue, a fault of theirs.
  20429: { retry: 'RATE_LIMITED' },
  20500: { retry: 'HTTP_500' },
  20503: { retry: 'HTTP_503' },
  14107: { retry: 'RATE_LIMITED' },
  30001: { retry: 'RATE_LIMITED' },
  63018: { retry: 'RATE_LIMITED' },
  // Nobody can be reached there, or not by text message, or wants to be.
  21211: 'WRONG_RECIPIENT',
  21214: 'WRONG_RECIPIENT',
  21217: 'WRONG_RECIPIENT',
  21610: 'WRONG_RECIPIENT',
  21614: 'WRONG_RECIPIENT',
  30003: 'WRONG_RECIPIENT',
  30005: 'WRONG_RECIPIENT',
  30006: 'WRONG_RECIPIENT',
  63003: 'WRONG_RECIPIENT',
  63024: 'WRONG_RECIPIENT',
  // A sender that is not ours, a trial account, a messaging service or a template that is not there.
  21212: 'MISCONFIGURED',
  21603: 'MISCONFIGURED',
  21606: 'MISCONFIGURED',
  21608: 'MISCONFIGURED',
  21655: 'MISCONFIGURED',
  21656: 'MISCONFIGURED',
  21659: 'MISCONFIGURED',
  21660: 'MISCONFIGURED',
  21701: 'MISCONFIGURED',
  21703: 'MISCONFIGURED',
  21705: 'MISCONFIGURED',
  63007: 'MISCONFIGURED',
  63015: 'MISCONFIGURED',
  // A country that is not enabled, a pair that cannot be connected, a text that is not allowed.
  21408: 'REFUSED',
  21612: 'REFUSED',
  21617: 'REFUSED',
  30004: 'REFUSED',
  30007: 'REFUSED',
  63013: 'REFUSED',
  63016: 'REFUSED',
  63032: 'REFUSED',
  63049: 'REFUSED',
};

/** What one of Twilio's error codes means, in an answer or in a status callback. */
export const twilioVerdict = (code: unknown): Verdict | undefined => TWILIO_VERDICTS[Number(code)];

function judge(answer: VendorAnswer): Outcome | undefined {
  const { status, json } = answer;
  if (status === 201 && typeof json?.sid === 'string') return { kind: 'accepted', vendorId: json.sid };
  const verdict = status >= 400 ? twilioVerdict(json?.code) : undefined;
  return verdict && outcomeOf(verdict, answer);
}
