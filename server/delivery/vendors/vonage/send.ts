import type { Clock } from '../../../platform/clock.js';
import type { Message, Provider } from '../../provider.js';
import { isWithin } from '../limits.js';
import { type HttpResponse, postToVendor, type VendorProtocol } from '../vendorRequest.js';
import { vonageCode, vonageMeaning } from './errors.js';
import { MIN_TTL_SECONDS, VONAGE_LIMITS, VONAGE_SENDERS } from './limits.js';
import type { VonageSettings } from './settings.js';

const TIMEOUT_MS = 10_000;

interface Deps {
  readonly clock: Clock;
  /** Where Vonage sends delivery receipts; undefined: it sends none. */
  readonly callbackUrl: string | undefined;
}

/** Vonage's Messages API, version 1, for text messages. */
export function createVonage(settings: VonageSettings, { clock, callbackUrl }: Deps): Provider {
  const { url, apiKey, apiSecret } = settings;
  const authorization = `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString('base64')}`;
  return {
    name: 'vonage',
    channels: ['sms'],
    timeoutMs: TIMEOUT_MS,
    reports: callbackUrl !== undefined,
    async send(message, signal) {
      const from = message.from ?? settings.from;
      if (!VONAGE_SENDERS.pattern.test(from) || !isWithin(message, VONAGE_LIMITS))
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
          ttl: Math.max(Math.floor((message.expiresAt - clock.now()) / 1000), MIN_TTL_SECONDS),
          client_ref: clientRef(message),
          ...(callbackUrl && { webhook_url: callbackUrl, webhook_version: 'v1' }),
        }),
      };
      return postToVendor(request, { protocol, message, signal, clock });
    },
    async close() {},
  };
}

/** Phone numbers are sent without their plus. */
const digits = (phone: string): string => phone.replace(/^\+/, '');

/** The message's id without the workspace, to fit into 100 characters. The session's id alone is unique. */
const clientRef = ({ id, workspace }: Message): string => id.slice(workspace.length + 1);

const protocol: VendorProtocol = {
  acceptedId: ({ status, json }) => (status === 202 ? json?.message_uuid : undefined),
  // One code covers every invalid parameter; which one is listed beside it.
  meaningOf({ json }) {
    const meaning = vonageMeaning(json?.type);
    const isUnclear = meaning === undefined || meaning === 'REFUSED';
    return isUnclear && invalidParameters(json).includes('to') ? 'WRONG_RECIPIENT' : meaning;
  },
  errorIn: ({ json }) => ({ code: vonageCode(json?.type), text: json?.detail ?? json?.title }),
};

function invalidParameters(json: HttpResponse['json']): unknown[] {
  const faults = json?.invalid_parameters;
  return Array.isArray(faults) ? faults.map((fault: { name?: unknown } | null) => fault?.name) : [];
}
