import { Webhook } from 'standardwebhooks';
import { CHANNELS } from '../../../../../server/domain/channels.js';
import { formed, same } from './expecting.js';
import type { VendorWire } from './vendorStub.js';

/** An operator's own service, which makes sure of the signature with the published package, at the machine's own time. */
export function deliveryWebhookWire(secret: string): VendorWire {
  const webhook = new Webhook(secret);
  return {
    read({ method, path, headers, body }) {
      same('request', `${method} ${path}`, 'POST /hook?tenant=1');
      same('content-type', headers['content-type'], 'application/json');
      webhook.verify(body, { ...headers });
      const { message_id, channel, to, from, subject, text, html, code, locale, ...rest } = JSON.parse(body);
      same('webhook-id', headers['webhook-id'], message_id);
      same('a channel', CHANNELS.includes(channel), true);
      formed('to', to, channel === 'email' ? /^\S+@\S+$/ : /^\+[1-9]\d{6,14}$/);
      for (const [name, value] of Object.entries({ from, subject, html }))
        if (value !== undefined) formed(name, value, /./);
      formed('text', text, /./);
      formed('code', code, /^\d{4,8}$/);
      formed('locale', locale, /^[a-zA-Z-]{2,}$/);
      same('other fields', Object.keys(rest).sort(), ['expires_at', 'session_id', 'workspace']);
      formed('expires_at', rest.expires_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      formed(
        'message_id',
        message_id.replace(`${rest.workspace}/${rest.session_id}/${channel}/`, ''),
        /^\d+$/,
      );
      return { to, code, text, repeatId: message_id };
    },
    accepted: (n) => ({
      status: 200,
      vendorId: `own-${n}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: `own-${n}` }),
    }),
    // It says everything by its status.
    refused: (status, _code, { to, text }) => ({ status, body: `${to} cannot be sent "${text}"` }),
  };
}
