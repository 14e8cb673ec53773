import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { apiKey, bearer, restClient } from '../support/rest.js';
import { startService, type TestService } from '../support/service.js';
import { newKey } from '../support/tenant.js';
import { deliveredCode } from '../wire/support/delivered.js';

const DEVICE = 'a-value-that-only-this-browser-knows';
const HOME = '203.0.113.7';
const SPONSOR = 'clinic';

type Headers = Readonly<Record<string, string>>;

let service: TestService;
let key: string;
let call: ReturnType<typeof connectJson>;
let people = 0;
beforeAll(async () => {
  service = await startService();
  key = await newKey(service, 'acme', ['admin', 'otp.send', 'otp.verify', 'tokens.redeem']);
  call = connectJson(service.baseUrl, key);
  const sponsor = { slug: SPONSOR, displayName: SPONSOR, channels: ['CHANNEL_SMS'] };
  expect((await call('otp.admin.v1.SponsorService/CreateSponsor', { sponsor })).status).toBe(200);
});
afterAll(() => service.stop());

/** A phone whose person was verified once from there, and whose budget strangers have used up since. */
async function besieged(where: object): Promise<string> {
  const phone = `+57300${String(2_000_000 + people++)}`;
  const beneficiary = { sponsorSlug: SPONSOR, beneficiaryId: phone, phone };
  expect((await call('otp.admin.v1.SponsorService/CreateBeneficiary', { beneficiary })).status).toBe(200);
  const recipients = { sms: phone };
  const { body } = await call('otp.v1.OtpService/Send', { recipients, ...where });
  const sessionId = body.session.id;
  const code = await deliveredCode(service, sessionId, 'sms');
  expect((await call('otp.v1.OtpService/Verify', { sessionId, code })).status).toBe(200);
  for (let n = 0; n < 20; n++) {
    service.clock.advance(301_000);
    const { status } = await call('otp.v1.OtpService/Send', { recipients });
    if (status !== 200) break;
  }
  service.clock.advance(301_000);
  expect((await call('otp.v1.OtpService/Send', { recipients })).reason).toBe('RECIPIENT_BLOCKED');
  return phone;
}

const dialects = {
  'the multi-channel API': (phone: string, headers: Headers) =>
    restClient(service.baseUrl, apiKey(key)).post(
      '/api/v1/otp/send',
      { channels: ['sms'], recipients: { sms: phone } },
      headers,
    ),
  'the messaging API': (phone: string, headers: Headers) =>
    restClient(service.baseUrl, bearer(key)).post(
      '/v1/messaging/otp/request',
      { dest: phone, src: 'ACME', purpose: 'LOGIN' },
      headers,
    ),
  'the beneficiary API': (phone: string, headers: Headers) =>
    restClient(service.baseUrl, bearer(key)).post(
      '/v1/otp/send',
      { sponsor_slug: SPONSOR, beneficiary_id: phone },
      headers,
    ),
};

describe.each(Object.entries(dialects))('%s', (_name, send) => {
  it.each([
    ['X-Device-Id', { deviceId: DEVICE }, DEVICE, 'another-browser-than-that-one'],
    ['X-End-User-IP', { endUserIp: HOME }, '203.0.113.200', '198.51.100.1'],
  ])('knows a person by %s, whom strangers do not shut out', async (header, where, known, unknown) => {
    const phone = await besieged(where);
    for (const headers of [{}, { [header]: unknown }])
      expect((await send(phone, headers as Headers)).status).toBe(429);
    expect((await send(phone, { [header]: known })).status).toBeLessThan(300);
  });
});
