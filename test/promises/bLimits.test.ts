import { beforeAll, describe, expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
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
    await all200(20, MINUTE, () => from('203.0.113.1'));
    expect(refusal(await from('203.0.113.1'))).toEqual({
      status: 429,
      code: 'RATE_LIMITED',
      wait: String(41 * 60),
    });
    expect((await from('203.0.113.2')).status).toBe(200);
    expect((await sendTo(fresh.email())).status).toBe(200);
    service.clock.advance(41 * MINUTE - 1);
    expect((await from('203.0.113.1')).status).toBe(429);
    service.clock.advance(1);
    expect((await from('203.0.113.1')).status).toBe(200);
    expect((await from('203.0.113.1')).status).toBe(429);
  });

  it('B40 a resend counts as a send', async () => {
    const metadata = { ip_address: '203.0.113.3' };
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
    await all200(21, 0, () => sendTo(fresh.email(), { ip_address: '192.168.1.1' }));
  });

  it('K1, B40 an IP address is read in the forms proxies write, and what cannot be read is refused', async () => {
    let port = 5000;
    await all200(20, 0, () => sendTo(fresh.email(), { ip_address: `198.51.100.77:${port++}` }));
    const full = await sendTo(fresh.email(), { ip_address: '10.0.0.1, 198.51.100.77' });
    expect(refusal(full)).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    const unknown = await sendTo(fresh.email(), { ip_address: 'unknown' });
    expect(unknown.status).toBe(400);
    expect(JSON.stringify(unknown.body)).toContain('metadata.ip_address');
  });
});

describe('suspicious activity', () => {
  /** Compares `count` codes over as many sessions as it takes; sends are five minutes apart. */
  async function guess(email: string, count: number): Promise<void> {
    for (let left = count; left > 0; ) {
      service.clock.advance(5 * MINUTE);
      const { status, body } = await sendTo(email);
      expect(status).toBe(200);
      for (let i = 0; i < 3 && left > 0; i++, left--) {
        const { body: refused } = await api.verify({ token: body.session_token, otps: { email: '000000' } });
        expect(refused.message).toBe('Invalid OTP');
      }
    }
  }
  const verifyOf = ({ token, codes }: Opened) => api.verify({ token, otps: { email: codes.email } });
  /** How long a unit counts: a day, and the three lifetimes of an hour in which its code may be compared. */
  const COUNTS = (24 * 60 + 181) * MINUTE;

  it('B41 twenty comparisons of codes use up what strangers have of a recipient for a day', async () => {
    const email = fresh.email();
    const begun = service.clock.now() + 5 * MINUTE;
    await guess(email, 20);
    const wait = begun + COUNTS - service.clock.now();
    const refused = refusal(await sendTo(email));
    expect(refused).toEqual({ status: 429, code: 'RECIPIENT_BLOCKED', wait: String(wait / 1000) });
    expect((await sendTo(fresh.email())).status).toBe(200);
    service.clock.advance(wait - 1);
    expect((await sendTo(email)).status).toBe(429);
    service.clock.advance(1);
    expect((await sendTo(email)).status).toBe(200);
  });

  it('B41 no code is compared beyond them, in any session', async () => {
    const email = fresh.email();
    const open = await opened(service, api, ['email'], { config: { expiry_minutes: 60, max_attempts: 10 } });
    const sessions = [open.token];
    for (let i = 0; i < 2; i++)
      sessions.push(
        (await api.send({ recipients: open.recipients, config: { max_attempts: 10 } })).body.session_token,
      );
    const outcomes: string[] = [];
    for (const token of sessions)
      for (let n = 0; n < 10; n++) {
        const { body } = await api.verify({ token, otps: { email: otherThan(open.codes.email) } });
        outcomes.push(body.code ?? body.message);
      }
    const compared = outcomes.filter((outcome) => outcome !== 'RECIPIENT_BLOCKED');
    expect(compared).toHaveLength(20);
    expect(email).not.toBe(open.recipients.email);
  });

  it('B41 a code that was sent can be tried once, and a right one gives its unit back', async () => {
    const open = await opened(service, api, ['email'], { config: { expiry_minutes: 60 } });
    const email = open.recipients.email!;
    await guess(email, 19);
    expect(refusal(await sendTo(email))).toMatchObject({ status: 429, code: 'RECIPIENT_BLOCKED' });
    expect((await verifyOf(open)).status).toBe(200);
    expect((await sendTo(email)).status).toBe(200);
    expect(refusal(await sendTo(email))).toMatchObject({ status: 429, code: 'RECIPIENT_BLOCKED' });
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
