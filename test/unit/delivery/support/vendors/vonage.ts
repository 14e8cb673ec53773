import { codeIn, formed, same, within } from './expecting.js';
import type { VendorWire } from './vendorStub.js';

interface Account {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly statusCallback?: string | undefined;
}

/** Vonage's Messages API, version 1: POST /v1/messages, channel sms, by Basic authentication. */
export function vonageWire({ apiKey, apiSecret, statusCallback }: Account): VendorWire {
  return {
    read({ method, path, headers, body }) {
      same('request', `${method} ${path}`, 'POST /v1/messages');
      const basic = Buffer.from(`${apiKey}:${apiSecret}`).toString('base64');
      same('authorization', headers.authorization, `Basic ${basic}`);
      same('content-type', headers['content-type'], 'application/json');
      const { to, from, text, ttl, client_ref, ...rest } = JSON.parse(body);
      const callback = { webhook_url: statusCallback, webhook_version: 'v1' };
      same('other fields', rest, {
        message_type: 'text',
        channel: 'sms',
        ...(statusCallback && callback),
      });
      formed('to', to, /^[1-9]\d{6,14}$/);
      formed('from', from, /^([1-9]\d{6,14}|[A-Za-z0-9]{1,11})$/);
      within('text', [...text].length, 1_000);
      if (!Number.isInteger(ttl) || ttl < 20 || ttl > 604_800) throw new Error(`ttl is ${ttl}`);
      within('client_ref', client_ref.length, 100);
      return { to: `+${to}`, code: codeIn(text), text, repeatId: client_ref };
    },
    accepted(n) {
      const vendorId = `aaaaaaaa-bbbb-4ccc-8ddd-${n.toString(16).padStart(12, '0')}`;
      return {
        status: 202,
        vendorId,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ message_uuid: vendorId }),
      };
    },
    refused: (status, code, { to, text }) => ({
      status,
      headers: { 'content-type': 'application/problem+json' },
      body: JSON.stringify({
        type: `https://developer.vonage.com/api-errors/messages#${code}`,
        title: 'Not sent',
        detail: `${to} cannot be sent "${text}"`,
        instance: 'bf0ca0bf927b3b52e3cb03217e1a1ddf',
      }),
    }),
  };
}
