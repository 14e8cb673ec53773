import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { builtMain } from '../support/builtServer.js';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { startProcess } from '../support/serviceProcess.js';

const KEY = randomBytes(24).toString('base64url');

beforeAll(() => builtMain(), 120_000);

/** Twilio, which takes each message and lists it, and whose response the sender does not live to see. */
let twilio: Server;
let taken: { readonly sid: string; readonly To: string; readonly Body: string }[];
let dataDir: string;
beforeEach(async () => {
  taken = [];
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-lookup-'));
  twilio = createServer(async (request, response) => {
    if (request.method === 'POST') {
      const { To = '', Body = '' } = Object.fromEntries(new URLSearchParams(await text(request)));
      taken.push({ sid: `SM${taken.length + 1}`, To, Body });
      return;
    }
    const to = new URL(request.url ?? '', 'http://localhost').searchParams.get('To');
    const messages = taken
      .filter(({ To }) => To === to)
      .map(({ sid, Body }) => ({ sid, body: Body, direction: 'outbound-api' }));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ messages }));
  });
  await new Promise<void>((resolve) => twilio.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  twilio.closeAllConnections();
  await new Promise((resolve) => twilio.close(resolve));
  await rm(dataDir, { recursive: true, force: true });
});

it('kill -9 while Twilio has the request: the message is found there and not sent twice', async () => {
  const env = {
    OTP_DATA_DIR: dataDir,
    OTP_BOOTSTRAP_API_KEY: KEY,
    OTP_HASH: 'hmac',
    OTP_TWILIO_URL: `http://127.0.0.1:${(twilio.address() as AddressInfo).port}`,
    OTP_TWILIO_ACCOUNT_SID: `AC${'0a'.repeat(16)}`,
    OTP_TWILIO_AUTH_TOKEN: 'twilio-token',
    OTP_TWILIO_FROM: '+15005550006',
  };
  const first = await startProcess(env);
  const send = connectJson(first.baseUrl, KEY);
  const { body } = await send('otp.v1.OtpService/Send', { recipients: { sms: '+573005550502' } });
  await eventually(() => taken.length === 1);
  await first.end('SIGKILL');

  const second = await startProcess(env);
  const call = connectJson(second.baseUrl, KEY);
  await eventually(async () => {
    const found = await call('otp.v1.OtpService/GetSession', { sessionId: body.session.id });
    return found.body.session.channels[0].deliveryState === 'DELIVERY_STATE_ACCEPTED';
  });
  const { body: details } = await call('otp.admin.v1.SessionService/GetSession', {
    sessionId: body.session.id,
  });
  expect(JSON.stringify(details)).toContain('"vendorMessageId":"SM1"');
  expect(taken).toHaveLength(1);
  await second.end('SIGTERM');
}, 120_000);
