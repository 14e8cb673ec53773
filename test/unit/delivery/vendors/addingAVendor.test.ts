import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../../../server/config/config.js';
import { VENDORS } from '../../../../server/delivery/vendors/index.js';
import type { Vendor } from '../../../../server/delivery/vendors/vendor.js';
import { configuration } from '../../../../tools/docs/configuration.js';
import { deliveryReceipts } from '../../../../tools/docs/deliveryReceipts.js';
import { providers } from '../../../../tools/docs/providers.js';
import { connectJson } from '../../../support/connectJson.js';
import { eventually } from '../../../support/eventually.js';
import { startService } from '../../../support/service.js';
import { exampleSms } from './exampleSms/index.js';

/** The registry with one more line. */
const WITH_EXAMPLE: readonly Vendor[] = [...VENDORS, exampleSms];

const SIGNING_SECRET = 'secret of the example vendor';
const PUBLIC_URL = 'https://otp.example.com';
const settings = (url: string) => ({
  OTP_EXAMPLE_URL: url,
  OTP_EXAMPLE_API_KEY: 'key of the example vendor',
  OTP_EXAMPLE_FROM: 'ACME',
  OTP_EXAMPLE_SIGNING_SECRET: SIGNING_SECRET,
  OTP_PUBLIC_URL: PUBLIC_URL,
});

interface Message {
  readonly id: string;
  readonly authorization: string | undefined;
  readonly body: Readonly<Record<string, string>>;
}

/** The vendor's API on this machine; `error`: refuses every message with that code. */
async function startApi(error?: string) {
  const messages: Message[] = [];
  const server = createServer(async (req, res) => {
    const body = JSON.parse(await text(req)) as Message['body'];
    const id = randomUUID();
    messages.push({ id, authorization: req.headers.authorization, body });
    res.writeHead(error ? 400 : 200, { 'content-type': 'application/json' });
    res.end(JSON.stringify(error ? { error } : { id }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, messages };
}

async function startWith(env: Readonly<Record<string, string>>) {
  const service = await startService({ env, overrides: { vendors: WITH_EXAMPLE } });
  onTestFinished(() => service.stop());
  const call = connectJson(service.baseUrl, service.liveKey);
  const send = async () => {
    const { status, body } = await call('otp.v1.OtpService/Send', { recipients: { sms: '+573001234567' } });
    expect(status, JSON.stringify(body)).toBe(200);
    return body.session.id as string;
  };
  const deliveryOf = async (sessionId: string) => {
    const { body } = await call('otp.v1.OtpService/GetSession', { sessionId });
    const { deliveryState, deliveryError } = body.session.channels[0];
    return [deliveryState, deliveryError].filter(Boolean);
  };
  const receive = (receipt: object, secret = SIGNING_SECRET) => {
    const body = JSON.stringify(receipt);
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    return fetch(`${service.baseUrl}/callbacks/example`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-example-signature': signature },
      body,
    });
  };
  return { service, send, deliveryOf, receive };
}

const ACCEPTED = ['DELIVERY_STATE_ACCEPTED'];

describe('a vendor added by a folder and a line of the registry', () => {
  it('sends messages and reads delivery receipts', async () => {
    const api = await startApi();
    const { send, deliveryOf, receive } = await startWith(settings(api.url));
    const session = await send();
    const message = await eventually(() => api.messages[0]);
    expect(message).toMatchObject({
      authorization: 'Bearer key of the example vendor',
      body: { to: '+573001234567', from: 'ACME', callback: `${PUBLIC_URL}/callbacks/example` },
    });
    await eventually(async () => isDeepStrictEqual(await deliveryOf(session), ACCEPTED));
    const receipt = { id: message.id, status: 'delivered' };
    expect((await receive(receipt, 'another secret')).status).toBe(401);
    expect(await deliveryOf(session)).toEqual(ACCEPTED);
    expect((await receive(receipt)).status).toBe(200);
    expect(await deliveryOf(session)).toEqual(['DELIVERY_STATE_DELIVERED']);
  });

  it('maps its error codes, in responses and in receipts', async () => {
    const refusing = await startApi('no-such-number');
    const refused = await startWith(settings(refusing.url));
    const failed = ['DELIVERY_STATE_FAILED', 'WRONG_RECIPIENT'];
    const session = await refused.send();
    await eventually(async () => isDeepStrictEqual(await refused.deliveryOf(session), failed));

    const accepting = await startApi();
    const accepted = await startWith(settings(accepting.url));
    const other = await accepted.send();
    await eventually(async () => isDeepStrictEqual(await accepted.deliveryOf(other), ACCEPTED));
    const { id } = accepting.messages[0]!;
    await accepted.receive({ id, status: 'failed', error: 'no-such-number' });
    expect(await accepted.deliveryOf(other)).toEqual(failed);
  });

  it('has no callback without the settings that receipts need', async () => {
    const api = await startApi();
    for (const variable of ['OTP_EXAMPLE_SIGNING_SECRET', 'OTP_PUBLIC_URL']) {
      const { send, receive } = await startWith({ ...settings(api.url), [variable]: '' });
      await send();
      const { body } = await eventually(() => api.messages.splice(0)[0]);
      expect(body.callback, variable).toBeUndefined();
      expect((await receive({})).status, variable).toBe(404);
    }
  });

  it('stops the start where it is partially configured', () => {
    const start = () =>
      readConfig(
        { OTP_EXAMPLE_API_KEY: 'key' },
        WITH_EXAMPLE.map((vendor) => vendor.settings),
      );
    expect(start).toThrow('Example SMS is partially configured: set OTP_EXAMPLE_FROM as well');
  });

  it('is in the documentation', () => {
    const page = providers(WITH_EXAMPLE);
    expect(page).toContain(
      '| `example-sms` | SMS | `OTP_EXAMPLE_API_KEY`, `OTP_EXAMPLE_FROM` | 300 characters | with `OTP_PUBLIC_URL` and `OTP_EXAMPLE_SIGNING_SECRET` |',
    );
    expect(page).toContain('## Example SMS\n\nAn example of a vendor.');
    expect(page).toContain('The sender of text messages must be a name of 3 to 8 capital letters.');
    expect(page).toContain('| no-such-number | `WRONG_RECIPIENT` | the number does not exist |');
    expect(configuration(WITH_EXAMPLE)).toContain(
      '| `OTP_EXAMPLE_URL` | "https://sms.vendor.example" | URL of the API. |',
    );
    expect(deliveryReceipts(WITH_EXAMPLE)).toContain(
      '| Example SMS | `POST /callbacks/example` | `OTP_PUBLIC_URL` and `OTP_EXAMPLE_SIGNING_SECRET` |',
    );
    expect(providers()).not.toContain('Example SMS');
  });
});
