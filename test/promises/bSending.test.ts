import { beforeAll, describe, expect, it } from 'vitest';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { newKey } from '../support/tenant.js';
import {
  codeIn,
  codesOf,
  expectNothingSent,
  fresh,
  type MultichannelApi,
  messagesOf,
  multichannelApi,
  opened,
} from './support/multichannelApi.js';

const service = serviceForSuite();
let api: MultichannelApi;
beforeAll(async () => {
  api = multichannelApi(service.baseUrl, service.liveKey);
});

describe('B1 the API is authenticated', () => {
  const CALLS: [string, (api: MultichannelApi) => ReturnType<MultichannelApi['send']>][] = [
    ['send', (api) => api.send({ channels: ['email'], recipients: { email: fresh.email() } })],
    ['verify', (api) => api.verify({ token: 'x', otps: { email: '123456' } })],
    ['resend', (api) => api.resend({ token: 'x' })],
    ['sessions', (api) => api.sessions()],
  ];
  const unknown = `sk_otp_live_${'A'.repeat(43)}`;

  it.each(CALLS)('B1 %s without a key or with an unknown one is refused', async (_name, call) => {
    for (const key of [undefined, unknown, '', 'nonsense', `${service.liveKey}x`]) {
      const { status, body } = await call(multichannelApi(service.baseUrl, key));
      expect({ key, status, code: body.code }).toEqual({ key, status: 401, code: 'UNAUTHENTICATED' });
    }
  });

  it('B1 every endpoint returns 200 with a valid key', async () => {
    const { token, codes, sent } = await opened(service, api, ['email', 'sms']);
    expect(sent.status).toBe(200);
    expect((await api.verify({ token, otps: { email: codes.email } })).status).toBe(200);
    service.clock.advance(30_000);
    expect((await api.resend({ token })).status).toBe(200);
    expect((await api.sessions()).status).toBe(200);
  });
});

describe('sending', () => {
  it('B2 the first example of the document opens a session and returns the token that verify takes', async () => {
    const { status, body } = await api.send({
      channels: ['email'],
      recipients: { email: 'newuser@example.com' },
      metadata: { purpose: 'email_verification', user_id: 'user_12345' },
    });
    expect(status).toBe(200);
    expect(body.session_token).toMatch(/^eyJ/);
    const { email } = await codesOf(service, body.session_id, 1);
    const verified = await api.verify({ token: body.session_token, otps: { email } });
    expect(verified.body).toMatchObject({ success: true, verified: true });
  });

  it.each(['email', 'sms', 'whatsapp'] as const)(
    'B3 one code can go by %s, to the address given under that name',
    async (channel) => {
      const { id, recipients } = await opened(service, api, [channel]);
      const messages = await messagesOf(service, id, 1);
      expect(messages).toMatchObject([{ channel, to: recipients[channel] }]);
    },
  );

  it('B4 one request goes to several channels at once, each with a code of its own', async () => {
    const channels = ['email', 'sms', 'whatsapp'] as const;
    const { id, token, recipients, codes, sent } = await opened(service, api, channels);
    expect(sent.body.channels).toEqual(channels);
    const messages = await messagesOf(service, id, 3);
    expect(messages.map(({ channel, to }) => [channel, to]).sort()).toEqual(
      channels.map((channel) => [channel, recipients[channel]]),
    );
    const { body } = await api.sessions({ recipient: recipients.email! });
    expect(body.sessions.map((session: { session_id: string }) => session.session_id)).toEqual([id]);
    // The code of one channel is wrong on every other.
    const crossed = { email: codes.sms, sms: codes.whatsapp, whatsapp: codes.email };
    expect((await api.verify({ token, otps: crossed })).body.message).toBe('Invalid OTP');
  });

  it('B5 metadata is kept with the session for later retrieval', async () => {
    const metadata = {
      user_id: 'user_12345',
      purpose: 'email_verification',
      ip_address: '192.168.1.1',
      user_agent: 'Mozilla/5.0...',
    };
    const { id, recipients } = await opened(service, api, ['email'], { metadata });
    const { body } = await api.sessions({ recipient: recipients.email! });
    expect(body.sessions).toMatchObject([{ session_id: id }]);
    expect(body.sessions[0].metadata).toEqual(metadata);
    expect(body.data.sessions).toEqual(body.sessions);
  });

  it('B5 metadata of any shape comes back as it was given', async () => {
    const metadata = { nested: { list: [1, 'two', null, { three: 3.5 }], '': '' }, $oid: 'x', 'a.b': true };
    const { id } = await opened(service, api, ['email'], { metadata });
    expect((await api.session(id)).body.metadata).toEqual(metadata);
  });
});

describe('codes', () => {
  it('B20 a code has six digits unless the request says otherwise', async () => {
    const { id } = await opened(service, api, ['email', 'sms', 'whatsapp']);
    for (const { text } of await messagesOf(service, id, 3)) expect(codeIn(text)).toMatch(/^\d{6}$/);
  });

  it.each([4, 5, 6, 7, 8])('B20 otp_length %i gives a code of that many digits', async (length) => {
    const { token, codes } = await opened(service, api, ['sms'], { config: { otp_length: length } });
    expect(codes.sms).toMatch(new RegExp(`^\\d{${length}}$`));
    expect((await api.verify({ token, otps: { sms: codes.sms } })).status).toBe(200);
  });

  it.each([3, 9])('B20 otp_length %i is refused', async (length) => {
    const email = fresh.email();
    const sent = { channels: ['email'], recipients: { email }, config: { otp_length: length } };
    const { status, body } = await api.send(sent);
    expect({ status, field: body.details.field }).toEqual({ status: 400, field: 'config.otp_length' });
    await expectNothingSent(service, api, [email]);
  });

  it('B21 a session lives ten minutes', async () => {
    const sentAt = service.clock.now();
    const { token, codes, sent } = await opened(service, api);
    expect(Date.parse(sent.body.expires_at)).toBe(sentAt + 600_000);
    const other = await opened(service, api);
    service.clock.advance(599_000);
    expect((await api.verify({ token, otps: { email: codes.email } })).status).toBe(200);
    service.clock.advance(999);
    const wrongLastMoment = await api.verify({ token: other.token, otps: { email: 'late' } });
    expect(wrongLastMoment.body.message).toBe('Invalid OTP');
    service.clock.advance(1);
    const late = await api.verify({ token: other.token, otps: { email: other.codes.email } });
    expect({ status: late.status, message: late.body.message }).toEqual({
      status: 410,
      message: 'OTP expired',
    });
  });

  it('B21 expiry_minutes of the third example makes it five', async () => {
    const example = {
      channels: ['sms'],
      recipients: { sms: '+1234567890' },
      config: { otp_length: 6, expiry_minutes: 5, max_attempts: 3 },
      metadata: { purpose: '2fa_login', user_id: 'user_12345' },
    };
    const [first, second] = [await api.send(example), await api.send(example)];
    expect(Date.parse(first.body.expires_at)).toBe(service.clock.now() + 300_000);
    const [intime, late] = [
      await codesOf(service, first.body.session_id, 1),
      await codesOf(service, second.body.session_id, 1),
    ];
    service.clock.advance(299_000);
    const right = await api.verify({ token: first.body.session_token, otps: { sms: intime.sms } });
    expect(right.status).toBe(200);
    service.clock.advance(1_000);
    const expired = await api.verify({ token: second.body.session_token, otps: { sms: late.sms } });
    expect({ status: expired.status, message: expired.body.message }).toEqual({
      status: 410,
      message: 'OTP expired',
    });
  });
});

describe('malformed recipients', () => {
  const CASES = [
    ['email', 'not-an-email'],
    ['sms', '12345'],
    ['sms', '+1'],
    ['whatsapp', '12345'],
    ['whatsapp', '+1'],
  ] as const;

  it.each(CASES)('B38 %s %s is refused as an invalid recipient', async (channel, address) => {
    const key = await newKey(service, 'malformed');
    const own = multichannelApi(service.baseUrl, key);
    const good = channel === 'email' ? { sms: fresh.phone() } : { email: fresh.email() };
    const recipients = { ...good, [channel]: address };
    const { status, body } = await own.send({ channels: Object.keys(recipients), recipients });
    expect({ status, message: body.message }).toEqual({ status: 400, message: 'Invalid recipient' });
    expect(body.details).toMatchObject({ channel, field: `recipients.${channel}` });
    expect((await own.sessions()).body.sessions).toEqual([]);
    await expectNothingSent(service, api, Object.values(recipients));
  });
});
