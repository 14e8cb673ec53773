import { SMS_SENDERS } from '../../config/smsSenders.js';
import type { Clock } from '../../platform/clock.js';
import type { Message, Outcome, Provider } from '../provider.js';
import { askVendor, outcomeOf, type VendorAnswer, type Verdict, type Verdicts } from '../vendorRequest.js';

const TIMEOUT_MS = 10_000;
export const VONAGE_LIMITS = {
  /** Of a text, at most. */
  characters: 1_000,
  /** Of a time to live, at least. */
  seconds: 20,
} as const;

export interface VonageSettings {
  readonly url: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly from: string;
  /** Where it reports what becomes of messages; undefined: it does not. */
  readonly statusCallback: string | undefined;
}

/** Vonage's Messages API, version 1, for text messages. */
export function createVonage(settings: VonageSettings, clock: Clock): Provider {
  const { url, apiKey, apiSecret, statusCallback } = settings;
  const authorization = `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString('base64')}`;
  return {
    name: 'vonage',
    channels: ['sms'],
    timeoutMs: TIMEOUT_MS,
    reports: statusCallback !== undefined,
    async send(message, signal) {
      const from = message.from ?? settings.from;
      if (!SMS_SENDERS.vonage.test(from) || [...message.text].length > VONAGE_LIMITS.characters)
        return { kind: 'failed', error: 'REFUSED' };
      const request = {
        url: `${url}/v1/messages`,
        headers: { authorization, 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({
          message_type: 'text',
          channel: 'sms',
          to: digits(message.to),
          from: digits(from),
          text: message.text,
          ttl: Math.max(Math.floor((message.expiresAt - clock.now()) / 1000), VONAGE_LIMITS.seconds),
          client_ref: clientRef(message),
          ...(statusCallback && { webhook_url: statusCallback, webhook_version: 'v1' }),
        }),
      };
      return askVendor(request, signal, clock, judge);
    },
    async close() {},
  };
}

/** Phone numbers go without their plus. */
const digits = (phone: string): string => phone.replace(/^\+/, '');

/** The message's id as far as it fits into 100 characters: without the workspace. The session's id alone is unique. */
const clientRef = ({ id, workspace }: Message): string => id.slice(workspace.length + 1);

/** The numbers at the end of Vonage's error types, for those that do not mean what their HTTP status says. */
export const VONAGE_VERDICTS: Verdicts = {
  // Too much of the account, a fault of theirs.
  1000: { retry: 'RATE_LIMITED' },
  1030: { retry: 'HTTP_500' },
  1100: { retry: 'HTTP_503' },
  // Too much to this one person.
  1241: { retry: 'RATE_LIMITED', aboutMessage: true },
  // The account, what it may use and where it may send, the sender.
  1060: 'MISCONFIGURED',
  1070: 'MISCONFIGURED',
  1080: 'MISCONFIGURED',
  1110: 'MISCONFIGURED',
  1140: 'MISCONFIGURED',
  1160: 'MISCONFIGURED',
  1420: 'MISCONFIGURED',
  // No number, nobody there, or somebody who wants no messages.
  1170: 'WRONG_RECIPIENT',
  1190: 'WRONG_RECIPIENT',
  1240: 'WRONG_RECIPIENT',
  1430: 'WRONG_RECIPIENT',
  // Not by this vendor, this sender or this text.
  1040: 'REFUSED',
  1050: 'REFUSED',
  1120: 'REFUSED',
  1210: 'REFUSED',
  1250: 'REFUSED',
  1260: 'REFUSED',
  1280: 'REFUSED',
};

/** What one of Vonage's error types, `https://developer.vonage.com/api-errors/messages#1000`, means. */
export const vonageVerdict = (type: unknown): Verdict | undefined =>
  VONAGE_VERDICTS[Number(/#(\d+)$/.exec(String(type))?.[1])];

function judge(answer: VendorAnswer): Outcome | undefined {
  const { status, json } = answer;
  if (status === 202 && typeof json?.message_uuid === 'string')
    return { kind: 'accepted', vendorId: json.message_uuid };
  if (status < 400) return undefined;
  const verdict = vonageVerdict(json?.type);
  // One code stands for every parameter that is not valid; which one is said beside it.
  if (!verdict && faultsOf(json).includes('to')) return { kind: 'failed', error: 'WRONG_RECIPIENT' };
  return verdict && outcomeOf(verdict, answer);
}

function faultsOf(json: VendorAnswer['json']): unknown[] {
  const faults = json?.invalid_parameters;
  return Array.isArray(faults) ? faults.map((fault: { name?: unknown } | null) => fault?.name) : [];
}
