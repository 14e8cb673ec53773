import { expect } from 'vitest';
import { idToOtp } from '../../../server/domain/ids.js';
import { newBeneficiary, newIntegration, sent, validate } from '../../promises/support/beneficiaryApi.js';
import { messagingApi, requested, verify } from '../../promises/support/messagingApi.js';
import { multichannelApi, opened } from '../../promises/support/multichannelApi.js';
import { connectJson } from '../../support/connectJson.js';
import type { TestService } from '../../support/service.js';
import type { Known } from './shaped.js';

const LIMITS = ['client-requests', 'ip-sends', 'user-sends', 'recipient-sends', 'beneficiary-sends'];
const SPONSOR = 'sponsor-fuzz';
const BENEFICIARIES = ['bnf_1', 'bnf_2', 'bnf_3'];
/** Many, because wrong codes block whom they were sent to. */
const PHONES = Array.from({ length: 60 }, (_, i) => `+4917112345${10 + i}`);
const EMAILS = Array.from({ length: 60 }, (_, i) => `fuzz.${i}@example.com`);
const SCENARIOS = ['locked@sandbox.example', 'refused@sandbox.example', 'expired@sandbox.example'];

/** Switches the limits off, so that requests get past them, and makes what requests can be about. */
export async function openFlood(service: TestService): Promise<{ known: Known; keys: readonly string[] }> {
  const call = connectJson(service.baseUrl, service.liveKey);
  const done = async (method: string, message: object) => {
    const { status, body } = await call(method, message);
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  };
  for (const rule of LIMITS) {
    await done('otp.admin.v1.LimitService/UpdateLimit', { limit: { rule, max: 0 }, updateMask: 'max' });
  }
  await makeSponsor(service);
  const sessions: { id: string; token: string }[] = [];
  for (let i = 0; i < 60; i++) {
    const { session, sessionToken } = await done('otp.v1.OtpService/Send', {
      recipients: i % 2 ? { email: EMAILS[i], sms: PHONES[i] } : { sms: PHONES[i] },
      config: { codeLength: 6, lifetime: '600s', maxAttempts: 10 },
    });
    sessions.push({ id: session.id, token: sessionToken });
  }
  const proofs: string[] = [];
  for (let i = 0; i < 5; i++) {
    const { session, sandboxCodes } = await done('otp.v1.OtpService/Send', {
      recipients: { email: EMAILS[i] },
      sandbox: true,
    });
    const verify = { sessionId: session.id, codes: sandboxCodes };
    proofs.push((await done('otp.v1.OtpService/Verify', verify)).verificationToken);
  }
  const ids = sessions.map(({ id }) => id);
  const tokens = sessions.map(({ token }) => token);
  const codes = ['123456', '000000', '1', 'abcdef'];
  const known: Known = {
    session_id: ids,
    sessionId: ids,
    id: ids,
    otp_id: ids.map(idToOtp),
    token: tokens,
    session_token: tokens,
    code: codes,
    'otps.email': codes,
    'otps.sms': codes,
    'otps.whatsapp': codes,
    'recipients.email': [...EMAILS, ...SCENARIOS],
    'recipients.sms': PHONES,
    'recipients.whatsapp': PHONES,
    recipient: [...EMAILS, ...PHONES],
    dest: PHONES,
    src: ['ACME'],
    messageTemplate: ['Code <OTP>'],
    beneficiary_id: BENEFICIARIES,
    sponsor_slug: [SPONSOR],
    slug: [SPONSOR],
    channel: ['SMS', 'EMAIL', 'email', 'sms', 'whatsapp'],
    channels: [['email'], ['sms'], ['email', 'sms'], ['whatsapp', 'whatsapp']],
    otp_verification_token: proofs,
    verificationToken: proofs,
    grant_type: ['client_credentials'],
    client_secret: [service.liveKey],
    created_after: ['2029-01-01T00:00:00Z', '2030-01-15T12:00:00+14:00'],
    created_before: ['2031-01-01T00:00:00Z'],
    page_size: ['1', '2', '3'],
    locale: ['en', 'es-CO'],
    sender_id: [''],
    metadata: [{}, { purpose: 'login', user_id: 'u', ip_address: '203.0.113.7' }],
  };
  return { known, keys: [service.liveKey, service.testKey] };
}

async function makeSponsor(service: TestService): Promise<void> {
  const call = connectJson(service.baseUrl, service.liveKey);
  const sponsor = { slug: SPONSOR, displayName: 'Fuzz', channels: ['CHANNEL_SMS', 'CHANNEL_EMAIL'] };
  expect((await call('otp.admin.v1.SponsorService/CreateSponsor', { sponsor })).status).toBe(200);
  for (const beneficiaryId of BENEFICIARIES) {
    const beneficiary = {
      sponsorSlug: SPONSOR,
      beneficiaryId,
      phone: '+573001234542',
      email: 'bnf@example.com',
    };
    await call('otp.admin.v1.SponsorService/CreateBeneficiary', { beneficiary });
  }
}

/** One OTP from send to verified, by the named restApi. */
export async function wholeFlow(service: TestService, restApi: string): Promise<void> {
  if (restApi === 'beneficiary') {
    const { api } = await newIntegration(service);
    const { otp_id, code } = await sent(service, api, await newBeneficiary(service));
    expect((await validate(api, otp_id, code)).body).toHaveProperty('otp_verification_token');
  } else if (restApi === 'multichannel') {
    const api = multichannelApi(service.baseUrl, service.liveKey);
    const { token, codes } = await opened(service, api, ['email', 'sms', 'whatsapp']);
    expect((await api.verify({ token, otps: codes })).body.session_verified).toBe(true);
  } else {
    const api = await messagingApi(service);
    const { sessionId, code } = await requested(service, api);
    expect((await verify(api, sessionId, code)).body.data.status).toBe('APPROVED');
  }
}
