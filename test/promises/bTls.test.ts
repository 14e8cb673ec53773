import { request } from 'node:https';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InboxMessage } from '../../server/delivery/vendors/inbox/messages.js';
import { eventually } from '../support/eventually.js';
import { apiKey, bearer, type Rest, type RestResponse, restClient } from '../support/rest.js';
import { startService, type TestService } from '../support/service.js';
import { TLS } from '../unit/http/support/serving.js';
import { otherThan } from '../wire/support/delivered.js';
import { codeIn, multichannelOver } from './support/multichannelApi.js';

const file = (name: string) =>
  fileURLToPath(new URL(`../unit/http/support/tls/${name}.pem`, import.meta.url));

/** Calls over TLS, believing no certificate but the test's own. */
function secureRest(port: number, credential: Record<string, string>): Pick<Rest, 'post' | 'get'> {
  const call = (method: string, path: string, headers: object, body?: string) =>
    new Promise<RestResponse>((resolve, reject) => {
      const options = { host: '127.0.0.1', port, method, path, ca: TLS.cert, agent: false } as const;
      const sent = request({ ...options, headers: { ...credential, ...headers } }, async (response) => {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
        const fields = new Headers(response.headers as Record<string, string>);
        resolve({ status: response.statusCode!, headers: fields, text, body: JSON.parse(text) });
      });
      sent.on('error', reject).end(body);
    });
  return {
    post: (path, body) => call('POST', path, { 'content-type': 'application/json' }, JSON.stringify(body)),
    get: (path, more) => call('GET', path, more ?? {}),
  };
}

type RestApi = Pick<Rest, 'post' | 'get'>;

/** Every kind of call, with what came back; what is random in it named by its kind. */
async function everyCall(b: RestApi, c: RestApi, inboxToken: string): Promise<unknown[]> {
  const api = multichannelOver(b);
  const responses: unknown[] = [];
  const seen = ({ status, headers, body }: RestResponse): RestResponse['body'] => {
    const shown = JSON.parse(JSON.stringify(body), (name, value) =>
      /^(session_id|sessionId|token|session_token|verification_token)$/.test(name) ? name : value,
    );
    responses.push({
      status,
      shown,
      type: headers.get('content-type'),
      left: headers.get('x-ratelimit-remaining'),
    });
    return body;
  };
  const codeOf = (session: string) =>
    eventually(async () => {
      const { body } = await b.get('/inbox.json', bearer(inboxToken));
      const { messages } = body as { messages: InboxMessage[] };
      const message = messages.find(({ session_id }) => session_id === session);
      return message && codeIn(message.text);
    });

  const email = 'person@example.com';
  const { session_token: token, session_id } = seen(await api.send({ recipients: { email } }));
  const code = await codeOf(session_id);
  seen(await api.verify({ token, otps: { email: otherThan(code) } }));
  seen(await api.resend({ token }));
  seen(await api.verify({ token, otps: { email: code } }));
  seen(await api.verify({ token, otps: { email: code } }));
  seen(await api.sessions());
  seen(await api.send({ recipients: { email: 'not-an-email' } }));
  const dest = '+573001234542';
  const requested = seen(await c.post('/v1/messaging/otp/request', { dest, src: 'ACME', purpose: 'LOGIN' }));
  const { sessionId } = requested.data;
  const sms = await codeOf(sessionId);
  const verify = (guess: string) => c.post('/v1/messaging/otp/verify', { sessionId, code: guess });
  for (const guess of [otherThan(sms), sms, sms]) seen(await verify(guess));
  return responses;
}

describe('with a certificate and a key', () => {
  let plain: TestService;
  let secure: TestService;
  beforeAll(async () => {
    plain = await startService();
    secure = await startService({ env: { OTP_TLS_CERT: file('certificate'), OTP_TLS_KEY: file('key') } });
  });
  afterAll(() => Promise.all([plain.stop(), secure.stop()]));

  it('B45 the same calls return the same over https', async () => {
    expect(secure.baseUrl).toMatch(/^https:/);
    const overTls = await everyCall(
      secureRest(secure.port, apiKey(secure.liveKey)),
      secureRest(secure.port, bearer(secure.liveKey)),
      secure.inboxToken,
    );
    const overTcp = await everyCall(
      restClient(plain.baseUrl, apiKey(plain.liveKey)),
      restClient(plain.baseUrl, bearer(plain.liveKey)),
      plain.inboxToken,
    );
    expect(overTls).toHaveLength(11);
    expect(overTls.map((one) => (one as { status: number }).status)).toEqual([
      200, 400, 429, 200, 409, 200, 400, 200, 400, 200, 409,
    ]);
    expect(overTls).toEqual(overTcp);
  });

  it('B45 no response is in clear text', async () => {
    await expect(fetch(`http://127.0.0.1:${secure.port}/healthz`)).rejects.toThrow();
  });
});
