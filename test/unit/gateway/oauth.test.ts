import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectJson } from '../../support/connectJson.js';
import { bearer, type Rest, restClient } from '../../support/rest.js';
import { serviceForSuite } from '../../support/serviceForSuite.js';
import { expectRefusal, REST_APIS } from './support/restApis.js';

const TOKEN = '/v1/oauth/token';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const oauth = REST_APIS.find(({ name }) => name === 'oauth')!;

interface Client {
  readonly id: string;
  readonly secret: string;
}

const service = serviceForSuite({ env: { OTP_TRUSTED_PROXIES: '127.0.0.1' } });
let rest: Rest;
let operator: ReturnType<typeof connectJson>;
beforeAll(async () => {
  operator = connectJson(service.baseUrl, service.liveKey);
});
/** Each test asks from an address of its own, so that none meets the failures of another. */
let tests = 0;
beforeEach(() => {
  rest = from(`203.0.113.${++tests}`);
});

const from = (address: string) => restClient(service.baseUrl, { 'x-forwarded-for': address });

async function newClient(scopes = ['otp.send', 'otp.verify'], more: object = {}): Promise<Client> {
  const { body } = await operator('otp.admin.v1.ApiKeyService/CreateApiKey', {
    apiKey: { displayName: 'a client', scopes, ...more },
  });
  return { id: body.apiKey.id, secret: body.secret };
}

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});
const inBody = ({ id, secret }: Client, more: object = {}) => ({
  grant_type: 'client_credentials',
  client_id: id,
  client_secret: secret,
  ...more,
});
const form = (fields: object) => new URLSearchParams(fields as Record<string, string>).toString();
const GRANT = form({ grant_type: 'client_credentials' });

/** Whether a token opens the beneficiary API: 403 is for a sponsor that does not exist, 401 for a token that does not open. */
const opens = async (token: string) => {
  const { status, body } = await restClient(service.baseUrl, bearer(token)).post('/v1/otp/send', {
    beneficiary_id: 'b',
    sponsor_slug: 'unknown',
  });
  expect([401, 403]).toContain(status);
  return body.code === 'OTP_NOT_ALLOWED';
};

describe('a token', () => {
  const granted = {
    access_token: expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/),
    token_type: 'Bearer',
    expires_in: 3600,
    scope: 'otp.send otp.verify',
  };

  it('is given for a form or JSON, with the credentials by HTTP Basic or in the body', async () => {
    const client = await newClient();
    const { id, secret } = client;
    const ways = [
      rest.post(TOKEN, GRANT, { ...FORM, ...basic(id, secret) }),
      rest.post(TOKEN, { grant_type: 'client_credentials' }, basic(id, secret)),
      rest.post(TOKEN, form(inBody(client)), FORM),
      rest.post(TOKEN, inBody(client)),
      rest.post(
        TOKEN,
        form({ grant_type: 'client_credentials', client_id: id, client_secret: '', scope: '' }),
        {
          ...FORM,
          ...basic(id, secret),
        },
      ),
      rest.post(TOKEN, GRANT, { ...FORM, ...basic(encodeURIComponent(id), encodeURIComponent(secret)) }),
      rest.post(TOKEN, GRANT, {
        'content-type': `${FORM['content-type']};charset=UTF-8`,
        ...basic(id, secret),
      }),
    ];
    for (const way of ways) {
      const { status, headers, body } = await way;
      expect({ status, body }).toEqual({ status: 200, body: granted });
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('pragma')).toBe('no-cache');
      expect(await opens(body.access_token)).toBe(true);
    }
  });

  it('is given for scopes that the key holds, and opens nothing else', async () => {
    const client = await newClient(['otp.send', 'otp.verify', 'sessions.read']);
    const { status, body } = await rest.post(TOKEN, inBody(client, { scope: 'otp.verify  sessions.read' }));
    expect({ status, scope: body.scope }).toEqual({ status: 200, scope: 'otp.verify sessions.read' });
    const api = restClient(service.baseUrl, bearer(body.access_token));
    const send = await api.post('/v1/otp/send', { beneficiary_id: 'b', sponsor_slug: 'unknown' });
    expect({ status: send.status, code: send.body.code }).toEqual({ status: 403, code: 'PERMISSION_DENIED' });
    expect((await api.post('/v1/otp/validate', { otp_id: 'otp_1', code: '1' })).status).toBe(404);
  });

  it('loses a scope that its key has lost', async () => {
    const client = await newClient(['otp.send', 'otp.verify']);
    const { access_token } = (await rest.post(TOKEN, inBody(client))).body;
    expect(await opens(access_token)).toBe(true);
    await operator('otp.admin.v1.ApiKeyService/UpdateApiKey', {
      apiKey: { id: client.id, scopes: ['otp.verify'] },
      updateMask: 'scopes',
    });
    expect(await opens(access_token)).toBe(false);
  });

  it('ends after an hour', async () => {
    const { access_token } = (await rest.post(TOKEN, inBody(await newClient()))).body;
    service.clock.advance(3_599_999);
    expect(await opens(access_token)).toBe(true);
    service.clock.advance(1);
    expect(await opens(access_token)).toBe(false);
  });

  it('ends with its key: a revoked one opens nothing, at once here and within five seconds everywhere', async () => {
    const revoked = await newClient();
    const elsewhere = await newClient();
    const tokens = [];
    for (const client of [revoked, elsewhere]) {
      tokens.push((await rest.post(TOKEN, inBody(client))).body.access_token);
    }
    for (const token of tokens) expect(await opens(token)).toBe(true);
    await operator('otp.admin.v1.ApiKeyService/DeleteApiKey', { id: revoked.id });
    expect(await opens(tokens[0])).toBe(false);
    expectRefusal(oauth, await rest.post(TOKEN, inBody(revoked)), { status: 401, reason: 'UNAUTHENTICATED' });

    // As another process does it: only the stored key changes.
    const keys = service.documents.collection('keys');
    const { _id } = (await keys.findOne({ id: elsewhere.id }))!;
    await keys.findOneAndUpdate({ _id }, { $set: { revokedAt: new Date(service.clock.now()) } });
    service.clock.advance(5_000);
    expect(await opens(tokens[1])).toBe(false);
  });

  it('ends with its key: an expired one opens nothing', async () => {
    const expiresAt = new Date(service.clock.now() + 60_000).toISOString();
    const client = await newClient(undefined, { expiresAt });
    const { access_token } = (await rest.post(TOKEN, inBody(client))).body;
    service.clock.advance(59_999);
    expect(await opens(access_token)).toBe(true);
    service.clock.advance(1);
    expect(await opens(access_token)).toBe(false);
    expect((await rest.post(TOKEN, inBody(client))).status).toBe(401);
  });
});

describe('a request for a token is refused', () => {
  const refusal = async (call: ReturnType<Rest['post']>) => {
    const { status, headers, body } = await call;
    expect(Object.keys(body)).toEqual(['error', 'error_description', 'error_code']);
    expect(headers.get('cache-control')).toBe('no-store');
    return { status, error: body.error, error_code: body.error_code };
  };
  const invalid = { status: 400, error: 'invalid_request', error_code: 'INVALID_REQUEST' };

  it('as unsupported_grant_type for any other grant', async () => {
    const { id, secret } = await newClient();
    for (const grant_type of ['password', 'authorization_code', 'x'.repeat(100)]) {
      expect(
        await refusal(rest.post(TOKEN, form({ grant_type }), { ...FORM, ...basic(id, secret) })),
      ).toEqual({ ...invalid, error: 'unsupported_grant_type' });
    }
  });

  it.each([
    '',
    'grant_type=',
    'scope=otp.send',
    'grant_type=client_credentials&grant_type=client_credentials',
  ])('as invalid_request for the form %j', async (body) => {
    const { id, secret } = await newClient();
    expect(await refusal(rest.post(TOKEN, body, { ...FORM, ...basic(id, secret) }))).toEqual(invalid);
  });

  it('as invalid_request for credentials that are given twice', async () => {
    const client = await newClient();
    const both = rest.post(TOKEN, form(inBody(client)), { ...FORM, ...basic(client.id, client.secret) });
    expect(await refusal(both)).toEqual(invalid);
  });

  it('as invalid_scope for a scope that the key does not hold', async () => {
    const client = await newClient(['otp.send']);
    for (const scope of ['otp.verify', 'otp.send otp.verify', 'operator', 'unknown']) {
      expect(await refusal(rest.post(TOKEN, inBody(client, { scope })))).toEqual({
        status: 400,
        error: 'invalid_scope',
        error_code: 'PERMISSION_DENIED',
      });
    }
  });

  it('as invalid_client, alike for every fault of the client', async () => {
    const { id, secret } = await newClient();
    const { secret: another } = await newClient();
    const wrong = [
      rest.post(TOKEN, GRANT, FORM),
      rest.post(TOKEN, GRANT, { ...FORM, ...basic(id, another) }),
      rest.post(TOKEN, GRANT, { ...FORM, ...basic('unknown', secret) }),
      rest.post(TOKEN, GRANT, { ...FORM, ...basic(id, '') }),
      rest.post(TOKEN, GRANT, { ...FORM, authorization: 'Basic %%%' }),
      rest.post(TOKEN, GRANT, { ...FORM, ...bearer(secret) }),
      rest.post(TOKEN, form(inBody({ id, secret: secret.toUpperCase() })), FORM),
      rest.post(TOKEN, form(inBody({ id: '\u0000', secret })), FORM),
    ];
    const texts = new Set<string>();
    for (const call of wrong) {
      const { status, headers, text } = await call;
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toBe('Basic realm="countersign"');
      texts.add(text);
    }
    expect([...texts].map((text) => JSON.parse(text).error)).toEqual(['invalid_client']);
  });
});

describe('after ten failures in a minute', () => {
  const tooMany = { status: 429, reason: 'RATE_LIMITED' };
  const fail = (who: Rest, client: Client) => who.post(TOKEN, inBody({ ...client, secret: 'guessed' }));

  it.each([0, 1, 2])('wrong secrets are refused, and the right one never is (peer %i)', async (n) => {
    const peer = from(`203.0.113.${200 + n}`);
    const client = await newClient();
    for (let tried = 0; tried < 10; tried++) {
      expect((await fail(peer, client)).status).toBe(401);
      service.clock.advance(1_000);
    }
    const refused = await fail(peer, client);
    expectRefusal(oauth, refused, tooMany);
    expect(refused.headers.get('retry-after')).toBe('50');
    expect((await peer.post(TOKEN, inBody(client))).status).toBe(200);
    // Of any client, from that peer.
    expectRefusal(oauth, await fail(peer, await newClient()), tooMany);
    service.clock.advance(50_000);
    expect((await fail(peer, client)).status).toBe(401);
  });

  it('those of one peer keep no one else from a token, nor count for anyone else', async () => {
    const client = await newClient();
    for (let n = 0; n < 30; n++) await fail(from(`198.51.100.${n % 3}`), client);
    expectRefusal(oauth, await fail(from('198.51.100.1'), client), tooMany);
    expect((await from('198.51.100.1').post(TOKEN, inBody(client))).status).toBe(200);
    expect((await from('198.51.100.77').post(TOKEN, inBody(client))).status).toBe(200);
    expect((await fail(from('198.51.100.78'), client)).status).toBe(401);
  });

  it('only failures count: a client that knows its secret asks as often as it likes', async () => {
    const client = await newClient();
    for (let n = 0; n < 30; n++) expect((await rest.post(TOKEN, inBody(client))).status).toBe(200);
  });
});
