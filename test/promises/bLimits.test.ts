import { beforeAll, describe, expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import type { RestResponse } from '../support/rest.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { otherThan } from '../wire/support/delivered.js';
import {
  fresh,
  type MultichannelApi,
  multichannelApi,
  type Opened,
  opened,
} from './support/multichannelApi.js';

const MINUTE = 60_000;

const service = serviceForSuite();
let api: MultichannelApi;
beforeAll(async () => {
  api = multichannelApi(service.baseUrl, service.liveKey);
});

const refusal = ({ status, headers, body }: RestResponse) => ({
  status,
  code: body.code,
  wait: headers.get('retry-after'),
});
const sendTo = (email: string, metadata: object = {}) =>
  api.send({ channels: ['email'], recipients: { email }, metadata });

/** Sends `count` times, `apart` ms between two, each of which must succeed. */
async function all200(count: number, apart: number, send: () => Promise<RestResponse>): Promise<void> {
  for (let i = 0; i < count; i++) {
    if (i > 0) service.clock.advance(apart);
    const { status, text } = await send();
    expect(status, text).toBe(200);
  }
}

describe('sends per user', () => {
  it('B39 at most five sends in five minutes go to one recipient', async () => {
    const email = fresh.email();
    await all200(5, 10_000, () => sendTo(email));
    expect(refusal(await sendTo(email))).toEqual({ status: 429, code: 'RATE_LIMITED', wait: '260' });
    expect((await sendTo(fresh.email())).status).toBe(200);
    service.clock.advance(260_000 - 1);
    expect(refusal(await sendTo(email))).toEqual({ status: 429, code: 'RATE_LIMITED', wait: '1' });
    service.clock.advance(1);
    expect((await sendTo(email)).status).toBe(200);
    // The window slides: the second of the five is still in it for ten seconds.
    expect(refusal(await sendTo(email))).toEqual({ status: 429, code: 'RATE_LIMITED', wait: '10' });
  });

  it('B39 a phone has one budget for SMS and WhatsApp, however it is written', async () => {
    const [sms, written] = ['+573001234542', '+57 (300) 123-45-42'];
    await all200(3, 0, () => api.send({ recipients: { sms } }));
    await all200(2, 0, () => api.send({ recipients: { whatsapp: written } }));
    expect((await api.send({ recipients: { sms } })).status).toBe(429);
    expect((await api.send({ recipients: { whatsapp: sms } })).status).toBe(429);
  });

  it('B39 metadata.user_id has a budget of its own', async () => {
    const user_id = 'user_of_five';
    await all200(5, 0, () => sendTo(fresh.email(), { user_id }));
    const email = fresh.email();
    expect(refusal(await sendTo(email, { user_id }))).toEqual({
      status: 429,
      code: 'RATE_LIMITED',
      wait: '300',
    });
    expect((await sendTo(email)).status).toBe(200);
    expect((await sendTo(fresh.email(), { user_id: 'another_user' })).status).toBe(200);
    service.clock.advance(5 * MINUTE - 1);
    expect((await sendTo(fresh.email(), { user_id })).status).toBe(429);
    service.clock.advance(1);
    expect((await sendTo(fresh.email(), { user_id })).status).toBe(200);
  });

  it('B39 a resend counts as a send', async () => {
    const { token, recipients } = await opened(service, api);
    for (let i = 0; i < 4; i++) {
      service.clock.advance(30_000);
      expect((await api.resend({ token })).status).toBe(200);
    }
    service.clock.advance(30_000);
    expect(refusal(await api.resend({ token }))).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(refusal(await sendTo(recipients.email!))).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
  });
});

describe('sends per IP', () => {
  it('B40 at most twenty sends in an hour are for one metadata.ip_address', async () => {
    const from = (ip_address: string) => sendTo(fresh.email(), { ip_address });
    await all200(20, MINUTE, () => from('192.168.1.1'));
    expect(refusal(await from('192.168.1.1'))).toEqual({
      status: 429,
      code: 'RATE_LIMITED',
      wait: String(41 * 60),
    });
    expect((await from('192.168.1.2')).status).toBe(200);
    expect((await sendTo(fresh.email())).status).toBe(200);
    service.clock.advance(41 * MINUTE - 1);
    expect((await from('192.168.1.1')).status).toBe(429);
    service.clock.advance(1);
    expect((await from('192.168.1.1')).status).toBe(200);
    expect((await from('192.168.1.1')).status).toBe(429);
  });

  it('B40 a resend counts as a send', async () => {
    const metadata = { ip_address: '192.168.1.3' };
    for (let i = 0; i < 10; i++) {
      const { body } = await sendTo(fresh.email(), metadata);
      service.clock.advance(30_000);
      expect((await api.resend({ token: body.session_token })).status).toBe(200);
    }
    expect(refusal(await sendTo(fresh.email(), metadata))).toMatchObject({
      status: 429,
      code: 'RATE_LIMITED',
    });
  });

  it('B40 an IPv6 customer has one budget, and what is no IP address has none', async () => {
    let host = 0;
    await all200(20, 0, () =>
      sendTo(fresh.email(), { ip_address: `2001:db8:1:2::${(++host).toString(16)}` }),
    );
    expect((await sendTo(fresh.email(), { ip_address: '2001:db8:1:2:ffff::1' })).status).toBe(429);
    expect((await sendTo(fresh.email(), { ip_address: '2001:db8:1:3::1' })).status).toBe(200);
    await all200(21, 0, () => sendTo(fresh.email(), { ip_address: 'unknown' }));
  });
});

describe('suspicious activity', () => {
  /** Guesses wrongly `count` times over as many sessions as it takes; sends are five minutes apart. */
  async function guess(email: string, count: number): Promise<void> {
    for (let left = count; left > 0; ) {
      service.clock.advance(5 * MINUTE);
      const { status, body } = await sendTo(email);
      expect(status).toBe(200);
      for (let i = 0; i < 3 && left > 0; i++, left--) {
        const { body: refused } = await api.verify({ token: body.session_token, otps: { email: 'wrong' } });
        expect(refused.message).toBe('Invalid OTP');
      }
    }
  }
  const verifyOf = ({ token, codes }: Opened) => api.verify({ token, otps: { email: codes.email } });

  it('B41 twenty wrong codes in 24 hours block sends to the recipient for an hour', async () => {
    const email = fresh.email();
    await guess(email, 19);
    const before = await sendTo(email);
    expect(before.status).toBe(200);
    await api.verify({ token: before.body.session_token, otps: { email: 'wrong' } });
    expect(refusal(await sendTo(email))).toEqual({ status: 429, code: 'RECIPIENT_BLOCKED', wait: '3600' });
    expect((await sendTo(fresh.email())).status).toBe(200);
    service.clock.advance(60 * MINUTE - 1);
    expect((await sendTo(email)).status).toBe(429);
    service.clock.advance(1);
    expect((await sendTo(email)).status).toBe(200);
  });

  it('B41 wrong codes more than 24 hours ago do not count', async () => {
    const email = fresh.email();
    await guess(email, 3);
    service.clock.advance(24 * 60 * MINUTE);
    await guess(email, 17);
    expect((await sendTo(email)).status).toBe(200);
  });

  it('B41 a session that is open continues, and its right code clears the block', async () => {
    const open = await opened(service, api, ['email'], { config: { expiry_minutes: 10 } });
    const email = open.recipients.email!;
    // Longer codes get ten guesses, so that twenty fit into the life of a session.
    for (let i = 0; i < 2; i++) {
      const { body } = await api.send({ recipients: { email }, config: { max_attempts: 10 } });
      for (let n = 0; n < 10; n++) await api.verify({ token: body.session_token, otps: { email: 'wrong' } });
    }
    expect(refusal(await sendTo(email))).toMatchObject({ status: 429, code: 'RECIPIENT_BLOCKED' });
    const again = await api.verify({ token: open.token, otps: { email: otherThan(open.codes.email) } });
    expect(again.body.message).toBe('Invalid OTP');
    service.clock.advance(1);
    expect((await verifyOf(open)).status).toBe(200);
    const response = await eventually(async () => {
      const sent = await sendTo(email);
      return sent.body.code !== 'RECIPIENT_BLOCKED' && sent;
    });
    expect(response.status).toBe(200);
  });

  it('B41 an operator clears it', async () => {
    const email = fresh.email();
    await guess(email, 20);
    expect(refusal(await sendTo(email))).toMatchObject({ status: 429, code: 'RECIPIENT_BLOCKED' });
    const operator = connectJson(service.baseUrl, service.liveKey);
    await operator('otp.admin.v1.LimitService/ClearRecipientBlock', { recipient: email });
    expect((await sendTo(email)).status).toBe(200);
  });
});
