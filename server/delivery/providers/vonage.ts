import type { Clock } from '../../clock.js';
import type { Message, Outcome, Provider } from '../provider.js';
import { isPhoneNumber } from '../smsSender.js';
import { askVendor, outcomeOf, type VendorAnswer, type Verdict } from '../vendorRequest.js';

const TIMEOUT_MS = 10_000;
/** Characters of a text. */
const MOST_CHARACTERS = 1_000;
/** The shortest time to live, seconds. */
const LEAST_SECONDS = 20;
/** A sender name: letters and digits, at most 11. */
const SENDER_NAME = /^[A-Za-z0-9]{1,11}$/;

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
      const from = senderOf(message.from ?? settings.from);
      if (!from || [...message.text].length > MOST_CHARACTERS) return { kind: 'failed', error: 'REFUSED' };
      const request = {
        url: `${url}/v1/messages`,
        headers: { authorization, 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({
          message_type: 'text',
          channel: 'sms',
          to: digits(message.to),
          from,
          text: message.text,
          ttl: Math.max(Math.floor((message.expiresAt - clock.now()) / 1000), LEAST_SECONDS),
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

function senderOf(from: string): string | undefined {
  if (isPhoneNumber(from)) return digits(from);
  return SENDER_NAME.test(from) ? from : undefined;
}

/** The message's id as far as it fits into 100 characters: without the workspace. The session's id alone is unique. */
const clientRef = ({ id, workspace }: Message): string => id.slice(workspace.length + 1);

/** The numbers at the end of Vonage's error types, for those that do not mean what their HTTP status says. */
const VERDICTS: Readonly<Record<number, Verdict>> = {
  1000: { retry: 'RATE_LIMITED' },
  1030: { retry: 'HTTP_500' },
  1040: 'WRONG_RECIPIENT',
  1050: 'WRONG_RECIPIENT',
  1060: 'MISCONFIGURED',
  1070: 'MISCONFIGURED',
  1080: 'MISCONFIGURED',
  1100: { retry: 'HTTP_503' },
  1120: 'REFUSED',
  1170: 'WRONG_RECIPIENT',
  1210: 'REFUSED',
  1240: 'WRONG_RECIPIENT',
  1250: 'WRONG_RECIPIENT',
  1260: 'WRONG_RECIPIENT',
};

/** What one of Vonage's error types, `https://developer.vonage.com/api-errors/messages#1000`, means. */
export const vonageVerdict = (type: unknown): Verdict | undefined =>
  VERDICTS[Number(/#(\d+)$/.exec(String(type))?.[1])];

function judge(answer: VendorAnswer): Outcome | undefined {
  const { status, json } = answer;
  if (status === 202 && typeof json?.message_uuid === 'string')
    return { kind: 'accepted', vendorId: json.message_uuid };
  if (status < 400) return undefined;
  const verdict = vonageVerdict(json?.type) ?? (status === 402 ? 'MISCONFIGURED' : undefined);
  // One code stands for every parameter that is not valid; which one is said beside it.
  if (!verdict && faultsOf(json).includes('to')) return { kind: 'failed', error: 'WRONG_RECIPIENT' };
  return verdict && outcomeOf(verdict, answer);
}

function faultsOf(json: VendorAnswer['json']): unknown[] {
  const faults = json?.invalid_parameters;
  return Array.isArray(faults) ? faults.map((fault: { name?: unknown } | null) => fault?.name) : [];
}
