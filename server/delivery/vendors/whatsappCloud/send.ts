import { hash } from 'node:crypto';
import type { Clock } from '../../../platform/clock.js';
import type { Message, Provider } from '../../provider.js';
import { isWithin } from '../limits.js';
import { checkVendor, type HttpResponse, postToVendor, type VendorProtocol } from '../vendorRequest.js';
import { whatsappMeaning } from './errors.js';
import { WHATSAPP_LIMITS } from './limits.js';
import type { WhatsappCloudSettings } from './settings.js';

const TIMEOUT_MS = 10_000;

/**
 * Meta's WhatsApp Cloud API. A business may write first only by an approved
 * template, so the text is the template's and the code is its one parameter,
 * sent twice: for the text and for the button that copies it.
 */
export function createWhatsappCloud(
  settings: WhatsappCloudSettings,
  { clock }: { readonly clock: Clock },
): Provider {
  const { url, accessToken, appSecret } = settings;
  return {
    name: 'whatsapp-cloud',
    channels: ['whatsapp'],
    fixedText: ['whatsapp'],
    timeoutMs: TIMEOUT_MS,
    reports: appSecret !== undefined,
    async send(message, signal) {
      const { from } = message;
      const phoneNumberId = from === undefined ? settings.phoneNumberId : settings.numbers.get(from);
      if (!phoneNumberId || !isWithin(message, WHATSAPP_LIMITS)) return { kind: 'failed', error: 'REFUSED' };
      const request = {
        url: `${url}/${phoneNumberId}/messages`,
        headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
        body: JSON.stringify(bodyOf(message, settings)),
      };
      return postToVendor(request, { protocol, message, signal, clock });
    },
    check: (signal) =>
      checkVendor(
        { url: `${url}/${settings.phoneNumberId}`, headers: { authorization: `Bearer ${accessToken}` } },
        { protocol, signal, clock },
      ),
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
    // Returned with every status; the same for every delivery attempt.
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

/** What is stored of Meta's id of a message: the id contains the recipient's phone number, merely encoded. */
export const whatsappId = (wamid: string): string => hash('sha256', wamid, 'base64url');

const protocol: VendorProtocol = {
  acceptedId({ status, json }) {
    if (status !== 200 || !Array.isArray(json?.messages)) return undefined;
    const [sent] = json.messages as { readonly id?: unknown }[];
    return typeof sent?.id === 'string' ? whatsappId(sent.id) : undefined;
  },
  meaningOf: ({ json }) => whatsappMeaning(errorOf(json).code),
  errorIn({ json }) {
    const { code, message, error_data: data } = errorOf(json);
    return { code, text: data?.details ?? message };
  },
};

/** Meta's error object. */
interface MetaError {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly error_data?: { readonly details?: unknown };
}

const errorOf = (json: HttpResponse['json']): MetaError => (json?.error ?? {}) as MetaError;
