import { describe, expect, it } from 'vitest';
import {
  newBeneficiary,
  newIntegration,
  send,
  sent,
  validate,
} from '../../promises/support/beneficiaryApi.js';
import { newPhone, request } from '../../promises/support/messagingApi.js';
import { apiKey, bearer, type RestResponse, restClient } from '../../support/rest.js';
import { serviceForSuite } from '../../support/serviceForSuite.js';
import { REST_APIS } from './support/restApis.js';

const service = serviceForSuite();

const limitsIn = ({ headers }: RestResponse) => ({
  limit: headers.get('x-ratelimit-limit'),
  remaining: headers.get('x-ratelimit-remaining'),
  reset: headers.get('x-ratelimit-reset'),
  retryAfter: headers.get('retry-after'),
});
const none = { limit: null, remaining: null, reset: null, retryAfter: null };

describe('the limit headers', () => {
  it('show, of all limits that a beneficiary send counts against, the one with the least left', async () => {
    const { api } = await newIntegration(service);
    const person = await newBeneficiary(service);
    for (const remaining of ['4', '3', '2', '1', '0']) {
      expect(limitsIn(await send(api, person))).toEqual({
        limit: '5',
        remaining,
        reset: '3600',
        retryAfter: null,
      });
    }
    service.clock.advance(600_000);
    const refused = await send(api, person);
    expect(refused.status).toBe(429);
    expect(limitsIn(refused)).toEqual({ limit: '5', remaining: '0', reset: '3000', retryAfter: '3000' });
  });

  it('show the limit per client on validate, on refusals too', async () => {
    const { api } = await newIntegration(service);
    const { otp_id, code } = await sent(service, api, await newBeneficiary(service));
    service.clock.advance(1_500);
    const wrong = await validate(api, otp_id, `${code}0`);
    expect(wrong.status).toBe(422);
    expect(limitsIn(wrong)).toEqual({ limit: '50', remaining: '48', reset: '59', retryAfter: null });
    expect(limitsIn(await validate(api, otp_id, code))).toMatchObject({ limit: '50', remaining: '47' });
  });

  it('show the limit per recipient on the sends of the other dialects', async () => {
    const messaging = restClient(service.baseUrl, bearer(service.liveKey));
    const dest = newPhone();
    expect(limitsIn(await request(messaging, dest))).toEqual({
      limit: '5',
      remaining: '4',
      reset: '300',
      retryAfter: null,
    });
    const multichannel = restClient(service.baseUrl, apiKey(service.liveKey));
    const response = await multichannel.post('/api/v1/otp/send', { recipients: { whatsapp: dest } });
    expect(limitsIn(response)).toEqual({ limit: '5', remaining: '3', reset: '300', retryAfter: null });
    for (let n = 0; n < 3; n++) await request(messaging, dest);
    service.clock.advance(100_000);
    for (const refused of [
      await request(messaging, dest),
      await multichannel.post('/api/v1/otp/send', { recipients: { sms: dest } }),
    ]) {
      expect(refused.status).toBe(429);
      expect(limitsIn(refused)).toEqual({ limit: '5', remaining: '0', reset: '200', retryAfter: '200' });
    }
  });

  it('show how long to wait where it is no limit that refuses', async () => {
    const api = restClient(service.baseUrl, apiKey(service.liveKey));
    const { body } = await api.post('/api/v1/otp/send', { recipients: { email: 'soon@example.com' } });
    service.clock.advance(9_001);
    const tooSoon = await api.post('/api/v1/otp/resend', { token: body.session_token });
    expect(tooSoon.body.code).toBe('RESEND_TOO_SOON');
    expect(limitsIn(tooSoon)).toMatchObject({ retryAfter: '21' });
    const blocked = await restClient(service.baseUrl, bearer(service.testKey)).post(
      '/v1/messaging/otp/request',
      { dest: '+15005550003', src: 'ACME', purpose: 'LOGIN' },
    );
    expect(blocked.body.code).toBe('RECIPIENT_BLOCKED');
    expect(limitsIn(blocked)).toEqual({ ...none, retryAfter: '3600' });
  });

  it('are absent where nothing is counted', async () => {
    const api = restClient(service.baseUrl, apiKey(service.liveKey));
    expect(limitsIn(await api.get('/api/v1/otp/sessions'))).toEqual(none);
    expect(limitsIn(await api.get('/api/v1/otp/sessions/unknown'))).toEqual(none);
  });
});

describe.each(REST_APIS)('X-Request-Id at the $name API', (restApi) => {
  const [path, body] = Object.entries(restApi.requests)[0]!;
  const ask = async (headers: Record<string, string>, what: unknown = body) => {
    const { headers: received } = await restClient(service.baseUrl, headers).post(path, what);
    return received.get('x-request-id')!;
  };
  const credential = () => restApi.credential(service.liveKey);

  it('comes back as it was given, with any outcome', async () => {
    for (const id of ['a', 'order-4711', 'A.b_c:d-9', 'x'.repeat(64)]) {
      const given = { 'x-request-id': id };
      expect(await ask({ ...credential(), ...given })).toBe(id);
      expect(await ask(given, '{')).toBe(id);
      expect(await ask({ ...credential(), ...given }, '{')).toBe(id);
    }
  });

  it('is made where none, or none that is fit for a log, was given', async () => {
    const made = new Set<string>();
    for (const headers of [
      {},
      { 'x-request-id': '' },
      { 'x-request-id': 'x'.repeat(65) },
      { 'x-request-id': 'a b' },
    ]) {
      const id = await ask({ ...credential(), ...headers });
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
      made.add(id);
    }
    expect(made.size).toBe(4);
  });
});

it('X-Request-Id is in the log line of the call', async () => {
  const api = restClient(service.baseUrl, { ...apiKey(service.liveKey), 'x-request-id': 'find-me' });
  await api.get('/api/v1/otp/sessions');
  const lines = service
    .logged()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.filter(({ requestId }) => requestId === 'find-me')).toMatchObject([
    { method: 'ListSessions', transport: 'multichannel', reason: 'OK' },
  ]);
});
