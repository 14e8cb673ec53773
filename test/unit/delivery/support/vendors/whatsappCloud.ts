import { createHash } from 'node:crypto';
import { formed, same } from './expecting.js';
import type { VendorWire } from './vendorStub.js';

interface Account {
  readonly accessToken: string;
  readonly phoneNumberIds: readonly string[];
  readonly template: string;
  /** In which a template may be asked for. */
  readonly languages: readonly string[];
}

/** Meta's WhatsApp Cloud API: POST /<phone number id>/messages with an authentication template. */
export function whatsappCloudWire({ accessToken, phoneNumberIds, template, languages }: Account): VendorWire {
  return {
    read({ method, path, headers, body }) {
      same('method', method, 'POST');
      const [, id = ''] = /^\/v25\.0\/(\d+)\/messages$/.exec(path) ?? [];
      same('a phone number of the account', phoneNumberIds.includes(id), true);
      same('authorization', headers.authorization, `Bearer ${accessToken}`);
      same('content-type', headers['content-type'], 'application/json');
      const { to, template: asked, biz_opaque_callback_data: data, ...rest } = JSON.parse(body);
      same('other fields', rest, {
        messaging_product: 'whatsapp',
        recipient_type: 'individual',
        type: 'template',
      });
      formed('to', to, /^[1-9]\d{6,14}$/);
      const { name, language, components, ...nothing } = asked;
      same('template', { name, ...nothing }, { name: template });
      same('a language of the template', languages.includes(language.code), true);
      const code = formed('code', components[0]?.parameters?.[0]?.text, /^.{1,15}$/);
      const parameters = [{ type: 'text', text: code }];
      same('components', components, [
        { type: 'body', parameters },
        { type: 'button', sub_type: 'url', index: '0', parameters },
      ]);
      formed('biz_opaque_callback_data', data, /^.{1,512}$/);
      return { to: `+${to}`, code, repeatId: data };
    },
    accepted(n, { to }) {
      const digits = to.slice(1);
      const wamid = `wamid.${Buffer.from(`${digits} message ${n}`).toString('base64')}`;
      const reply = {
        messaging_product: 'whatsapp',
        contacts: [{ input: digits, wa_id: digits }],
        messages: [{ id: wamid, message_status: 'accepted' }],
      };
      return {
        status: 200,
        // The person's number is in it, so the id itself is not to be kept.
        vendorId: createHash('sha256').update(wamid).digest('base64url'),
        headers: { 'content-type': 'application/json; charset=UTF-8' },
        body: JSON.stringify(reply),
      };
    },
    refused: (status, code, { to, code: secret }) => ({
      status,
      headers: { 'content-type': 'application/json; charset=UTF-8' },
      body: JSON.stringify({
        error: {
          message: `(#${code}) ${to} cannot be sent ${secret}`,
          type: 'OAuthException',
          code: Number(code),
          error_data: { messaging_product: 'whatsapp', details: `${to} cannot be sent ${secret}` },
          fbtrace_id: 'Az8or2yhqkZfEZ-_4Qn_Bam',
        },
      }),
    }),
  };
}
