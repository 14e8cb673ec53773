import { beforeAll, describe, expect, it } from 'vitest';
import {
  codeOf,
  newBeneficiary,
  newIntegration,
  redeem,
  send,
  sent,
  to,
  validate,
  verified,
  wrongCodes,
} from '../../promises/support/beneficiaryApi.js';
import { newPhone } from '../../promises/support/messagingApi.js';
import { eventually } from '../../support/eventually.js';
import { apiKey, bearer, type Rest, type RestResponse, restClient } from '../../support/rest.js';
import { serviceForSuite } from '../../support/serviceForSuite.js';
import { deliveredCode } from '../../wire/support/delivered.js';

const service = serviceForSuite();
let multichannel: Rest;
let messaging: Rest;
beforeAll(async () => {
  multichannel = restClient(service.baseUrl, apiKey(service.liveKey));
  messaging = restClient(service.baseUrl, bearer(service.liveKey));
});

let keys = 0;
const newKey = () => ({ 'idempotency-key': `key-${++keys}` });
/** A response without the delivery status, which a repeat shows as it is then. */
const shown = ({ status, text }: RestResponse) => ({
  status,
  body: JSON.parse(text.replaceAll(/"status":"(queued|accepted)"/g, '"status":"sent"')),
});
const conflict = (response: RestResponse) => {
  expect(response.status).toBe(409);
  expect(response.text).toContain('IDEMPOTENCY_CONFLICT');
};
const people = () => `+573${String(30_000_000 + ++keys).padStart(9, '0')}`;
/** Shows that so many messages were sent to an address, and no more by the time that a later one has arrived elsewhere. */
async function expectMessages(address: string, count: number): Promise<void> {
  const arrived = async () => (await service.inbox()).filter(({ to: whom }) => whom === address).length;
  await eventually(async () => (await arrived()) >= count);
  const { body } = await multichannel.post('/api/v1/otp/send', {
    recipients: { email: `last.${++keys}@example.com` },
  });
  await deliveredCode(service, body.session_id);
  expect(await arrived()).toBe(count);
}

const SENDS: [string, () => { post: Rest['post']; path: string; body: (address: string) => object }][] = [
  [
    'the multi-channel send',
    () => ({ post: multichannel.post, path: '/api/v1/otp/send', body: (sms) => ({ recipients: { sms } }) }),
  ],
  [
    'the messaging request',
    () => ({
      post: messaging.post,
      path: '/v1/messaging/otp/request',
      body: (dest) => ({ dest, src: 'ACME', purpose: 'LOGIN' }),
    }),
  ],
];

describe.each(SENDS)('%s with an Idempotency-Key', (_, restApi) => {
  it('responds the same again and sends nothing again', async () => {
    const { post, path, body } = restApi();
    const [address, key] = [people(), newKey()];
    const first = await post(path, body(address), key);
    expect(first.status).toBe(200);
    for (let n = 0; n < 7; n++) expect(shown(await post(path, body(address), key))).toEqual(shown(first));
    await expectMessages(address, 1);
  });

  it('refuses another request under the same key', async () => {
    const { post, path, body } = restApi();
    const key = newKey();
    await post(path, body(people()), key);
    const other = people();
    conflict(await post(path, body(other), key));
    await expectMessages(other, 0);
  });

  it('makes two sessions of two keys, or of none', async () => {
    const { post, path, body } = restApi();
    const address = people();
    const ids = new Set<string>();
    for (const headers of [newKey(), newKey(), {}, {}]) {
      const { body: response } = await post(path, body(address), headers);
      ids.add(response.session_id ?? response.data.sessionId);
    }
    expect(ids.size).toBe(4);
  });
});

describe('the beneficiary send with an Idempotency-Key', () => {
  it('responds the same again, sends nothing again and counts as one send', async () => {
    const { api } = await newIntegration(service);
    const [person, key] = [await newBeneficiary(service), newKey()];
    const post = () => api.post('/v1/otp/send', to(person), key);
    const first = await post();
    expect(first.status).toBe(200);
    for (let n = 0; n < 7; n++) expect(shown(await post())).toEqual(shown(first));
    await expectMessages(person.phone, 1);
    for (let n = 0; n < 4; n++) expect((await send(api, person)).status).toBe(200);
  });

  it('says later how much of the life is left, and nothing below nought', async () => {
    const { api } = await newIntegration(service);
    const [person, key] = [await newBeneficiary(service), newKey()];
    const post = async () => (await api.post('/v1/otp/send', to(person), key)).body.expires_in;
    expect(await post()).toBe(300);
    service.clock.advance(100_500);
    expect(await post()).toBe(200);
    service.clock.advance(300_000);
    expect(await post()).toBe(0);
  });

  it('is one client’s own: another one’s same key is another request', async () => {
    const person = await newBeneficiary(service);
    const key = newKey();
    const ids = new Set<string>();
    for (let n = 0; n < 2; n++) {
      const { api } = await newIntegration(service);
      ids.add((await api.post('/v1/otp/send', to(person), key)).body.otp_id);
    }
    expect(ids.size).toBe(2);
  });

  it('refuses another request under the same key', async () => {
    const { api } = await newIntegration(service);
    const [person, key] = [await newBeneficiary(service), newKey()];
    await api.post('/v1/otp/send', to(person), key);
    conflict(await api.post('/v1/otp/send', to(person, { channel: 'EMAIL' }), key));
    await expectMessages(person.email, 0);
  });

  it('remembers no refusal: what was refused may be tried again with the same key', async () => {
    const { api } = await newIntegration(service);
    const [person, key] = [await newBeneficiary(service), newKey()];
    for (let n = 0; n < 5; n++) await send(api, person);
    expect((await api.post('/v1/otp/send', to(person), key)).status).toBe(429);
    service.clock.advance(3_600_000);
    const { api: later } = await newIntegration(service);
    expect((await later.post('/v1/otp/send', to(person), key)).status).toBe(200);
  });

  it('is remembered for a day', async () => {
    const api = restClient(service.baseUrl, bearer(service.liveKey));
    const [person, key] = [await newBeneficiary(service), newKey()];
    const first = await api.post('/v1/otp/send', to(person), key);
    service.clock.advance(23 * 3_600_000);
    expect((await api.post('/v1/otp/send', to(person), key)).body.otp_id).toBe(first.body.otp_id);
  });
});

describe('a check with an Idempotency-Key', () => {
  it('validate: a repeated success gets the same response, another code is a conflict', async () => {
    const { api } = await newIntegration(service);
    const { otp_id, code } = await sent(service, api, await newBeneficiary(service));
    const key = newKey();
    const post = (given: string) => api.post('/v1/otp/validate', { otp_id, code: given }, key);
    const [wrong, other] = wrongCodes(code, 2) as [string, string];
    expect((await post(wrong)).status).toBe(422);
    const first = await post(code);
    expect(first.status).toBe(200);
    expect(shown(await post(code))).toEqual(shown(first));
    conflict(await post(other));
    expect((await validate(api, otp_id, code)).status).toBe(409);
    service.clock.advance(60_500);
    expect((await post(code)).body).toEqual({ ...first.body, expires_in: 540 });
    expect((await redeem(api, first.body.otp_verification_token)).status).toBe(200);
  });

  it('a wrong code repeated is another wrong code', async () => {
    const { api } = await newIntegration(service);
    const { otp_id, code } = await sent(service, api, await newBeneficiary(service));
    const key = newKey();
    const wrong = wrongCodes(code, 1)[0]!;
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) {
      statuses.push((await api.post('/v1/otp/validate', { otp_id, code: wrong }, key)).status);
    }
    expect(statuses).toEqual([422, 422, 422, 410]);
  });

  it('redeem: a repeated success gets the same response, another operation is a conflict', async () => {
    const { api } = await newIntegration(service);
    const { token } = await verified(service, api, await newBeneficiary(service));
    const key = newKey();
    const post = (id: string) =>
      api.post(
        '/v1/otp/tokens/redeem',
        { otp_verification_token: token, operation: { type: 'DISPENSATION', id } },
        key,
      );
    const first = await post('dsp_1');
    expect(first.status).toBe(200);
    expect(shown(await post('dsp_1'))).toEqual(shown(first));
    conflict(await post('dsp_2'));
    expect((await redeem(api, token)).body.code).toBe('TOKEN_REDEEMED');
  });

  it('multi-channel verify: a repeated success gets the same response, another code is a conflict', async () => {
    const opened = await multichannel.post('/api/v1/otp/send', { recipients: { sms: newPhone() } });
    const { session_id, session_token: token } = opened.body;
    const code = await deliveredCode(service, session_id, 'sms');
    const key = newKey();
    const post = (sms: string) => multichannel.post('/api/v1/otp/verify', { token, otps: { sms } }, key);
    const first = await post(code);
    expect(first.body).toMatchObject({ verified: true, session_verified: true });
    expect(shown(await post(code))).toEqual(shown(first));
    conflict(await post(wrongCodes(code, 1)[0]!));
  });

  it('multi-channel resend: a repeated success gets the same response, and one message is sent', async () => {
    const sms = newPhone();
    const { body } = await multichannel.post('/api/v1/otp/send', { recipients: { sms } });
    await deliveredCode(service, body.session_id, 'sms');
    service.clock.advance(30_000);
    const key = newKey();
    const post = (more: object = {}) =>
      multichannel.post('/api/v1/otp/resend', { token: body.session_token, ...more }, key);
    const first = await post();
    expect(first.status).toBe(200);
    expect(shown(await post())).toEqual(shown(first));
    conflict(await post({ channels: ['sms'] }));
    await expectMessages(sms, 2);
  });

  it('messaging verify: a repeated success gets the same response, another code is a conflict', async () => {
    const body = { dest: newPhone(), src: 'ACME', purpose: 'LOGIN' };
    const { sessionId } = (await messaging.post('/v1/messaging/otp/request', body)).body.data;
    const code = await deliveredCode(service, sessionId, 'sms');
    const key = newKey();
    const post = (given: string) =>
      messaging.post('/v1/messaging/otp/verify', { sessionId, code: given }, key);
    const first = await post(code);
    expect(first.body.data.status).toBe('APPROVED');
    expect(shown(await post(code))).toEqual(shown(first));
    conflict(await post(wrongCodes(code, 1)[0]!));
  });
});

it('a key repeated in the sandbox hands out the same code again', async () => {
  const api = restClient(service.baseUrl, bearer(service.testKey));
  const [person, key] = [await newBeneficiary(service), newKey()];
  const codes: (string | null)[] = [];
  for (let n = 0; n < 2; n++) {
    codes.push((await api.post('/v1/otp/send', to(person), key)).headers.get('x-sandbox-code'));
  }
  expect(codes).toEqual([expect.stringMatching(/^\d{6}$/), codes[0]]);
});

it('a key that two dialects use stands for a request of each', async () => {
  const { api } = await newIntegration(service, { scopes: ['otp.send', 'otp.verify'] });
  const [person, key] = [await newBeneficiary(service), newKey()];
  const response = await api.post('/v1/otp/send', to(person), key);
  const code = await codeOf(service, response.body.otp_id);
  const { status } = await api.post('/v1/otp/validate', { otp_id: response.body.otp_id, code }, key);
  expect(status).toBe(200);
});
