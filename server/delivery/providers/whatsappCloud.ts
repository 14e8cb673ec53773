import { hash } from 'node:crypto';
import type { Clock } from '../../platform/clock.js';
import type { Message, Outcome, Provider } from '../provider.js';
import { askVendor, outcomeOf, type VendorAnswer, type Verdict, type Verdicts } from '../vendorRequest.js';

const TIMEOUT_MS = 10_000;
export const WHATSAPP_LIMITS = {
  /** Of a one-time password in an authentication template. */
  characters: 15,
} as const;

export interface WhatsappCloudSettings {
  /** With the version of the API. */
  readonly url: string;
  readonly accessToken: string;
  readonly phoneNumberId: string;
  /** Ids of further phone numbers, by number. */
  readonly numbers: ReadonlyMap<string, string>;
  readonly template: string;
  /** Languages the template is approved in, the default first. */
  readonly languages: readonly string[];
  /** Whether its status callbacks are taken. */
  readonly reports: boolean;
}

/**
 * Meta's WhatsApp Cloud API. A business may write first only by an approved
 * template, so the words are the template's and the code is its one parameter,
 * given twice: for the text and for the button that copies it.
 */
export function createWhatsappCloud(settings: WhatsappCloudSettings, clock: Clock): Provider {
  const { url, accessToken, reports } = settings;
  return {
    name: 'whatsapp-cloud',
    channels: ['whatsapp'],
    timeoutMs: TIMEOUT_MS,
    reports,
    async send(message, signal) {
      const { from, code } = message;
      const phoneNumberId = from === undefined ? settings.phoneNumberId : settings.numbers.get(from);
      if (!phoneNumberId || code.length > WHATSAPP_LIMITS.characters)
        return { kind: 'failed', error: 'REFUSED' };
      const request = {
        url: `${url}/${phoneNumberId}/messages`,
        headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
        body: JSON.stringify(bodyOf(message, settings)),
      };
      return askVendor(request, signal, clock, judge);
    },
    async close() {},
  };
}

function bodyOf({ id, to, code, locale }: Message, { template, languages }: WhatsappCloudSettings) {
  const parameters = [{ type: 'text', text: code }];
  return {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to: to.replace(/^\+/, ''),
    type: 'template',
    template: {
      name: template,
      language: { code: closest(languages, locale) },
      components: [
        { type: 'body', parameters },
        { type: 'button', sub_type: 'url', index: '0', parameters },
      ],
    },
    // Handed back with every status; the same for every try.
    biz_opaque_callback_data: id,
  };
}

/** The language of the template that is closest to a locale: the same one, one of the same language, the first. */
function closest(languages: readonly string[], locale: string): string {
  const wanted = locale.replaceAll('-', '_').toLowerCase();
  const language = wanted.split('_')[0];
  return (
    languages.find((code) => code.toLowerCase() === wanted) ??
    languages.find((code) => code.toLowerCase().split('_')[0] === language) ??
    (languages[0] as string)
  );
}

/** Meta's error codes that do not mean what their HTTP status says. */
export const WHATSAPP_VERDICTS: Verdicts = {
  // Token, permissions, account, phone number, template, payment, people a test number may write to: all for the operator to put right.
  0: 'MISCONFIGURED',
  3: 'MISCONFIGURED',
  10: 'MISCONFIGURED',
  33: 'MISCONFIGURED',
  190: 'MISCONFIGURED',
  368: 'MISCONFIGURED',
  131005: 'MISCONFIGURED',
  131030: 'MISCONFIGURED',
  131031: 'MISCONFIGURED',
  131037: 'MISCONFIGURED',
  131042: 'MISCONFIGURED',
  131045: 'MISCONFIGURED',
  132000: 'MISCONFIGURED',
  132001: 'MISCONFIGURED',
  132005: 'MISCONFIGURED',
  132007: 'MISCONFIGURED',
  132012: 'MISCONFIGURED',
  132015: 'MISCONFIGURED',
  132016: 'MISCONFIGURED',
  133006: 'MISCONFIGURED',
  133010: 'MISCONFIGURED',
  // Too much of the app, the account, the number; a fault of theirs.
  1: { retry: 'HTTP_500' },
  2: { retry: 'HTTP_503' },
  4: { retry: 'RATE_LIMITED' },
  80007: { retry: 'RATE_LIMITED' },
  130429: { retry: 'RATE_LIMITED' },
  131000: { retry: 'HTTP_500' },
  131016: { retry: 'HTTP_503' },
  131048: { retry: 'RATE_LIMITED' },
  131057: { retry: 'HTTP_503' },
  133004: { retry: 'HTTP_503' },
  // Too much to this one person.
  131056: { retry: 'RATE_LIMITED', aboutMessage: true },
  // Nobody can be reached there, or wants to be.
  131021: 'WRONG_RECIPIENT',
  131026: 'WRONG_RECIPIENT',
  131050: 'WRONG_RECIPIENT',
  // Not in that country, not now, not by Meta's own choice.
  130472: 'REFUSED',
  130497: 'REFUSED',
  131047: 'REFUSED',
  131049: 'REFUSED',
};

/** What one of Meta's error codes means, in an answer or in a status callback. */
export function whatsappVerdict(code: unknown): Verdict | undefined {
  if (typeof code !== 'number') return undefined;
  return code >= 200 && code <= 299 ? 'MISCONFIGURED' : WHATSAPP_VERDICTS[code];
}

/** What is kept of Meta's id of a message: it has the person's phone number in it, merely encoded. */
export const whatsappId = (wamid: string): string => hash('sha256', wamid, 'base64url');

function judge(answer: VendorAnswer): Outcome | undefined {
  const { status, json } = answer;
  if (status === 200) {
    const [sent] = Array.isArray(json?.messages) ? (json.messages as { readonly id?: unknown }[]) : [];
    return typeof sent?.id === 'string' ? { kind: 'accepted', vendorId: whatsappId(sent.id) } : undefined;
  }
  const error = json?.error as { readonly code?: unknown } | null | undefined;
  const verdict = status >= 400 ? whatsappVerdict(error?.code) : undefined;
  return verdict && outcomeOf(verdict, answer);
}
