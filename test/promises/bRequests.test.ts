import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiKey, bearer, restClient } from '../support/rest.js';
import { startService, type TestService } from '../support/service.js';
import { otherThan } from '../wire/support/delivered.js';
import { codesOf, fresh, type MultichannelApi, multichannelApi, opened } from './support/multichannelApi.js';

let service: TestService;
let api: MultichannelApi;
beforeAll(async () => {
  service = await startService();
  api = multichannelApi(service.baseUrl, service.liveKey);
});
afterAll(() => service.stop());

const at = (path: string) => `${service.baseUrl}/api/v1/otp/${path}`;

describe('the token', () => {
  it('B46, P1 of the responses to send and resend is the one that verify takes', async () => {
    const { sent, codes, id } = await opened(service, api);
    expect(sent.body.token).toMatch(/^eyJ/);
    expect(sent.body.data.token).toBe(sent.body.token);
    service.clock.advance(30_000);
    const again = await api.resend({ token: sent.body.token });
    expect(again.body.message).toMatch(/\w/);
    const { email } = await codesOf(service, id, 2);
    expect(email).not.toBe(codes.email);
    expect((await api.verify({ token: again.body.token, otps: { email } })).body.verified).toBe(true);
  });

  it.each(['token', 'session_token', 'session_id'])(
    'P1 a resend named by %s names the session in its response',
    async (name) => {
      const { id } = await opened(service, api);
      service.clock.advance(30_000);
      const { body } = await api.resend({ [name]: id });
      const { email } = await codesOf(service, id, 2);
      expect((await api.verify({ token: body.token, otps: { email } })).status).toBe(200);
    },
  );

  it('P14 one that no session can have is unknown, however long', async () => {
    for (const name of ['token', 'session_token', 'session_id'])
      for (const length of [1, 129, 3000]) {
        const response = await api.verify({ [name]: 'x'.repeat(length), otps: { email: '123456' } });
        expect({ name, length, status: response.status }).toEqual({ name, length, status: 404 });
      }
    expect((await api.session('x'.repeat(300))).status).toBe(404);
    const others = restClient(service.baseUrl, bearer(service.liveKey));
    const long = 'x'.repeat(300);
    expect((await others.post('/v1/otp/validate', { otp_id: long, code: '1' })).status).toBe(404);
    const body = { sessionId: long, code: '1' };
    expect((await others.post('/v1/messaging/otp/verify', body)).status).toBe(404);
    const redeemed = { otp_verification_token: long, operation: { type: 'X', id: '1' } };
    expect((await others.post('/v1/otp/tokens/redeem', redeemed)).status).toBe(404);
  });
});

describe('optional fields', () => {
  it('P8 that are null are left out', async () => {
    const recipients = { email: fresh.email(), sms: null, whatsapp: null };
    const nothing = Object.fromEntries(
      'channels config verification fallback metadata add_contact sandbox_mode sender_id locale'
        .split(' ')
        .map((name) => [name, null]),
    );
    const sent = await api.send({ recipients, ...nothing });
    expect(sent.status, sent.text).toBe(200);
    const { email } = await codesOf(service, sent.body.session_id, 1);
    const otps = { email, sms: null };
    expect((await api.verify({ token: sent.body.token, session_token: null, otps })).status).toBe(200);
    const inner = { config: { otp_length: null, expiry_minutes: null, max_attempts: null } };
    const strategy = { verification: { strategy: null, channels: null } };
    expect((await api.send({ recipients: { email: fresh.email() }, ...inner, ...strategy })).status).toBe(
      200,
    );
  });

  it('P8 that are null inside metadata are kept', async () => {
    const metadata = { user_id: null, list: [null] };
    const { token, codes } = await opened(service, api, ['email'], { metadata });
    expect((await api.verify({ token, otps: codes })).body.metadata).toEqual(metadata);
  });
});

describe('the Content-Type header', () => {
  const post = (type: string | undefined, body = '{"recipients":{"email":"type@example.com"}}') =>
    fetch(at('send'), {
      method: 'POST',
      headers: { ...apiKey(service.liveKey), ...(type !== undefined && { 'content-type': type }) },
      // Bytes: a string would get a type of its own.
      body: new TextEncoder().encode(body),
    });

  it('P9 may be missing: the body is JSON', async () => {
    expect((await post(undefined)).status).toBe(200);
    const native = await fetch(`${service.baseUrl}/otp.v1.OtpService/ListSessions`, {
      method: 'POST',
      headers: bearer(service.liveKey),
      body: new TextEncoder().encode('{"pageSize": 1}'),
    });
    expect(native.status).toBe(200);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'P9 of %s is refused with the header to set',
    async (type) => {
      const response = await post(type);
      expect(response.status).toBe(415);
      expect((await response.json()).message).toBe('The Content-Type header must be application/json.');
    },
  );
});

describe('the configuration', () => {
  it.each([4, 5, 6, 7, 8])('B47, P7 has %i digits and any number of attempts', async (otp_length) => {
    for (const max_attempts of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) {
      const recipients = { email: fresh.email() };
      const config = { otp_length, max_attempts, expiry_minutes: max_attempts * 6 };
      const { status, body, text } = await api.send({ recipients, config });
      expect(status, text).toBe(200);
      expect(body.attempts_remaining).toBe(max_attempts);
    }
  });
});

describe('a right code', () => {
  it.each([1, 3, 10])(
    'P12 given twenty times at once with %i attempts is accepted once, and the others find it verified',
    async (max_attempts) => {
      const { token, codes } = await opened(service, api, ['email'], { config: { max_attempts } });
      const responses = await Promise.all(
        Array.from({ length: 20 }, () => api.verify({ token, otps: { email: codes.email } })),
      );
      const statuses = responses.map(({ status }) => status).sort();
      expect(statuses).toEqual([200, ...Array(19).fill(409)]);
    },
  );
});

describe('the list', () => {
  it('B48, P5 filters the sandbox by the word of send, and refuses what it does not know', async () => {
    const own = await opened(service, api);
    const sandbox = await api.send({ recipients: { email: fresh.email() }, sandbox_mode: true });
    const ids = async (query: Record<string, string>) =>
      (await api.sessions(query)).body.sessions.map((one: { session_id: string }) => one.session_id);
    for (const name of ['sandbox_mode', 'sandbox']) {
      expect(await ids({ [name]: 'true' })).toEqual([sandbox.body.session_id]);
      const live = await ids({ [name]: 'false' });
      expect(live).toContain(own.id);
      expect(live).not.toContain(sandbox.body.session_id);
    }
    for (const query of [{ sandboxmode: 'true' }, { state: 'PENDING' }, { 'config[x]': '1' }] as const) {
      const { status, body } = await api.sessions(query as Record<string, string>);
      const [name] = Object.keys(query);
      expect({ status, field: body.details.field }).toEqual({ status: 400, field: name!.split('[')[0] });
    }
    const both = await api.sessions({ sandbox: 'true', sandbox_mode: 'false' });
    expect({ status: both.status, field: both.body.details.field }).toEqual({
      status: 400,
      field: 'sandbox_mode',
    });
  });
});

describe('session data', () => {
  const metadata = { purpose: 'e-mail verification', user_id: 'user_49', nested: { a: [1, null] } };

  it('B49, P13 is at hand when the session completes', async () => {
    const { token, codes } = await opened(service, api, ['email', 'sms'], { metadata });
    const half = await api.verify({ token, otps: { sms: codes.sms } });
    const { body } = await api.verify({ token, otps: { email: codes.email } });
    for (const shown of [half.body, body, body.data])
      expect(shown).toMatchObject({ metadata, purpose: 'e-mail verification' });
  });

  it('P14 a purpose with a space is the purpose of the session, also in a filter', async () => {
    const { id } = await opened(service, api, ['email'], { metadata: { purpose: 'log in to “shop”' } });
    const { body } = await api.sessions({ purpose: 'log in to “shop”' });
    expect(body.sessions.map((one: { session_id: string }) => one.session_id)).toEqual([id]);
  });

  it.each(['x'.repeat(65), 'a\nb'])(
    'P14 a purpose that cannot be kept is refused by name: %j',
    async (purpose) => {
      const { status, body } = await api.send({
        recipients: { email: fresh.email() },
        metadata: { purpose },
      });
      expect({ status, field: body.details.field }).toEqual({ status: 400, field: 'metadata.purpose' });
    },
  );

  it('P14 says in plain words what a number must be', async () => {
    const config = { otp_length: 6.5 };
    const { body } = await api.send({ recipients: { email: fresh.email() }, config });
    expect(body.details.errors).toEqual([{ field: 'config.otp_length', message: 'must be a whole number' }]);
  });
});

describe('ending a session', () => {
  const cancel = async (id: string) => {
    const { status, body } = await api.cancel(id);
    return { status, now: body.status };
  };
  const statusOf = async (id: string) => (await api.session(id)).body.status;

  it('B50, P13 that is open cancels it: its code is dead', async () => {
    const { id, token, codes } = await opened(service, api, ['email', 'sms']);
    await api.verify({ token, otps: { sms: codes.sms } });
    expect(await cancel(id)).toEqual({ status: 200, now: 'CANCELED' });
    expect((await api.verify({ token, otps: { email: codes.email } })).status).toBe(410);
    expect(await statusOf(id)).toBe('CANCELED');
    expect(await cancel(id)).toEqual({ status: 200, now: 'CANCELED' });
  });

  it('B50 that has expired, or is locked, changes nothing', async () => {
    const expired = await opened(service, api, ['email'], { config: { expiry_minutes: 1 } });
    const locked = await opened(service, api, ['email'], { config: { max_attempts: 1 } });
    await api.verify({ token: locked.token, otps: { email: otherThan(locked.codes.email) } });
    expect(await cancel(locked.id)).toEqual({ status: 200, now: 'LOCKED' });
    service.clock.advance(60_000);
    expect(await cancel(expired.id)).toEqual({ status: 200, now: 'EXPIRED' });
    expect([await statusOf(expired.id), await statusOf(locked.id)]).toEqual(['EXPIRED', 'LOCKED']);
  });

  it('B50 that was approved is refused', async () => {
    const { id, token, codes } = await opened(service, api);
    await api.verify({ token, otps: codes });
    expect(await cancel(id)).toMatchObject({ status: 409 });
    expect(await statusOf(id)).toBe('APPROVED');
  });

  it('B50 that does not exist, or belongs to another caller, is unknown', async () => {
    expect(await cancel(crypto.randomUUID())).toMatchObject({ status: 404 });
  });
});

describe('a sandbox resend', () => {
  it('P11 returns the new codes and no old ones', async () => {
    const recipients = { email: fresh.email(), sms: fresh.phone() };
    const sent = await api.send({ recipients, sandbox_mode: true });
    service.clock.advance(30_000);
    const again = await api.resend({ token: sent.body.token, channels: ['sms'] });
    expect(Object.keys(again.body.sandbox_otps)).toEqual(['sms']);
    expect(again.body.data.otps).toEqual(again.body.sandbox_otps);
    const otps = { email: sent.body.sandbox_otps.email, sms: again.body.sandbox_otps.sms };
    expect((await api.verify({ token: sent.body.token, otps })).body.session_verified).toBe(true);
  });
});

describe('an unknown field', () => {
  it('P15 is listed in X-Ignored-Fields for a test key, and for no other', async () => {
    const body = { recipients: { email: fresh.email() }, config: { otp_lenght: 8 }, sandbox: true, 'a b': 1 };
    const ask = (key: string) => restClient(service.baseUrl, apiKey(key)).post('/api/v1/otp/send', body);
    const test = await ask(service.testKey);
    expect(test.status).toBe(200);
    expect(test.headers.get('x-ignored-fields')).toBe('config.otp_lenght, sandbox, a%20b');
    expect((await ask(service.liveKey)).headers.get('x-ignored-fields')).toBeNull();
  });
});
