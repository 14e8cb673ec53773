import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERRORS, Failure, type Reason } from '../../server/errors.js';
import { connectJson } from '../support/connectJson.js';
import { embeddedEngine } from '../support/engines.js';
import { ManualClock } from '../support/manualClock.js';
import { apiKey, type Rest, type RestResponse, restClient } from '../support/rest.js';
import { startService, type TestService } from '../support/service.js';
import { newKey } from '../support/tenant.js';
import { type Around, wrapOperations } from '../support/wrapOperations.js';
import { otherThan } from '../wire/support/delivered.js';
import { fresh, type MultichannelApi, multichannelOver, opened } from './support/multichannelApi.js';

const engine = embeddedEngine();
/** The fault of the store. */
let around: Around = (operation) => operation();

let service: TestService;
let key: string;
let rest: Rest;
let api: MultichannelApi;
beforeAll(async () => {
  const clock = new ManualClock();
  const documents = wrapOperations(await engine.open({ clock }), (operation, target) =>
    around(operation, target),
  );
  service = await startService({ clock, documents });
  key = await newKey(service, 'erring');
  rest = restClient(service.baseUrl, apiKey(key));
  api = multichannelOver(rest);
  // What is remembered for five seconds is remembered by now, so that a fault meets the call alone.
  await opened(service, api);
});
afterAll(() => service.stop());

const send = (more: object = {}, headers: Record<string, string> = {}) =>
  api.send({ recipients: { email: fresh.email() }, ...more }, headers);
const sandboxed = (email: string) => api.send({ recipients: { email }, sandbox_mode: true });

/** Verifies with the store out of order. */
async function withFault(fault: Error): Promise<RestResponse> {
  const { token, codes } = await opened(service, api);
  around = () => Promise.reject(fault);
  try {
    return await api.verify({ token, otps: { email: codes.email } });
  } finally {
    around = (operation) => operation();
  }
}

/** How to meet each error. */
const MET: Partial<Record<Reason, () => Promise<RestResponse>>> = {
  INVALID_REQUEST: () => api.send('{'),
  INVALID_RECIPIENT: () => api.send({ recipients: { email: 'not-an-email' } }),
  CHANNEL_NOT_SUPPORTED: () => send({ channels: ['fax'] }),
  async CHANNEL_NOT_IN_SESSION() {
    const { token } = await opened(service, api);
    return api.verify({ token, otps: { sms: '123456' } });
  },
  async SENDER_NOT_ALLOWED() {
    const sender = { channel: 'CHANNEL_EMAIL', senderId: 'codes@shop.example' };
    await connectJson(service.baseUrl, key)('otp.admin.v1.SenderService/CreateSender', { sender });
    return send({ sender_id: 'other@shop.example' });
  },
  UNAUTHENTICATED: () => restClient(service.baseUrl).get('/api/v1/otp/sessions'),
  async PERMISSION_DENIED() {
    const reader = await newKey(service, 'erring', ['sessions.read']);
    const recipients = { email: fresh.email() };
    return multichannelOver(restClient(service.baseUrl, apiKey(reader))).send({ recipients });
  },
  SESSION_NOT_FOUND: () => api.verify({ token: 'made-up', otps: { email: '123456' } }),
  async SESSION_CONSUMED() {
    const { token, codes } = await opened(service, api);
    const { verification_token } = (await api.verify({ token, otps: { email: codes.email } })).body;
    const redeemed = await connectJson(service.baseUrl, key)('otp.v1.VerificationTokenService/Redeem', {
      verificationToken: verification_token,
      operation: { type: 'payment', id: '1' },
    });
    expect(redeemed.status).toBe(200);
    return api.verify({ token, otps: { email: codes.email } });
  },
  async ALREADY_VERIFIED() {
    const { token, codes } = await opened(service, api);
    await api.verify({ token, otps: { email: codes.email } });
    return api.verify({ token, otps: { email: codes.email } });
  },
  async SESSION_CANCELED() {
    const { token, id, codes } = await opened(service, api);
    await connectJson(service.baseUrl, key)('otp.v1.OtpService/CancelSession', { sessionId: id });
    return api.verify({ token, otps: { email: codes.email } });
  },
  async SESSION_EXPIRED() {
    const { token, codes } = await opened(service, api);
    service.clock.advance(600_000);
    return api.verify({ token, otps: { email: codes.email } });
  },
  async INVALID_CODE() {
    const { token, codes } = await opened(service, api);
    return api.verify({ token, otps: { email: otherThan(codes.email) } });
  },
  async ATTEMPTS_EXHAUSTED() {
    const { token, codes } = await opened(service, api, ['email'], { config: { max_attempts: 1 } });
    await api.verify({ token, otps: { email: otherThan(codes.email) } });
    return api.verify({ token, otps: { email: codes.email } });
  },
  RATE_LIMITED: () => sandboxed('rate-limited@sandbox.example'),
  async RESEND_TOO_SOON() {
    return api.resend({ token: (await send()).body.session_token });
  },
  async RESENDS_EXHAUSTED() {
    const { session_token: token } = (await send({ config: { expiry_minutes: 10 } })).body;
    for (let i = 0; i < 5; i++) {
      service.clock.advance(150_000);
      expect((await api.resend({ token })).status).toBe(200);
    }
    service.clock.advance(150_000);
    return api.resend({ token });
  },
  RECIPIENT_BLOCKED: () => sandboxed('recipient-blocked@sandbox.example'),
  INSUFFICIENT_BALANCE: () => sandboxed('insufficient-balance@sandbox.example'),
  async IDEMPOTENCY_CONFLICT() {
    await send({}, { 'idempotency-key': 'one' });
    return send({}, { 'idempotency-key': 'one' });
  },
  async REQUEST_IN_PROGRESS() {
    const same = { recipients: { email: fresh.email() } };
    const { body } = await api.send(same, { 'idempotency-key': 'two' });
    // As if the first were still at work: it has its claim and has not opened its session yet.
    await service.documents.collection('sessions').deleteOne({ _id: `erring/${body.session_id}` });
    return api.send(same, { 'idempotency-key': 'two' });
  },
  ROUTE_NOT_FOUND: () => rest.post('/api/v1/otp/no-such-thing', {}),
  METHOD_NOT_ALLOWED: () => rest.get('/api/v1/otp/send'),
  UNSUPPORTED_MEDIA_TYPE: () => rest.post('/api/v1/otp/send', '{}', { 'content-type': 'text/plain' }),
  BODY_TOO_LARGE: () => api.send({ metadata: { long: 'x'.repeat(70_000) } }),
  SEND_REFUSED: () => sandboxed('send-refused@sandbox.example'),
  OVERLOADED: () => sandboxed('overloaded@sandbox.example'),
  STORE_UNAVAILABLE: () =>
    withFault(new Failure('STORE_UNAVAILABLE', { cause: new Error('internal words') })),
  INTERNAL: () => withFault(new Error('internal words')),
};

/** Errors that no call of this document can meet, and why. */
const ELSEWHERE: Partial<Record<Reason, string>> = {
  CHANNEL_REQUIRED: 'otps always says which code is whose',
  NO_ADDRESS_ON_FILE: 'of beneficiaries',
  OTP_NOT_ALLOWED: 'of sponsors',
  TOKEN_NOT_FOUND: 'of verification tokens',
  TOKEN_EXPIRED: 'of verification tokens',
  TOKEN_REDEEMED: 'of verification tokens',
  OPERATION_MISMATCH: 'of verification tokens',
  NOT_FOUND: 'of the operator’s resources',
  ALREADY_EXISTS: 'of the operator’s resources',
  HEADER_TOO_LARGE: 'refused before there is a path',
  REQUEST_TIMEOUT: 'refused by the listener',
};

interface Row {
  readonly status: number;
  readonly dialects: { readonly multichannel?: { readonly status?: number } };
}

/** The messages that the document prints. */
const PRINTED: Partial<Record<Reason, string>> = {
  INVALID_CODE: 'Invalid OTP',
  SESSION_EXPIRED: 'OTP expired',
  ATTEMPTS_EXHAUSTED: 'Max attempts exceeded',
  INSUFFICIENT_BALANCE: 'Insufficient balance',
  INVALID_RECIPIENT: 'Invalid recipient',
};

const INTERNALS =
  /internal words|error:|exception|undefined|null|\bat \w+ \(|\.[jt]s\b|node_modules|\/|mongo|sqlite|\{|\[/i;

describe('every error of the multi-channel API', () => {
  it('B44 occurs in these tests or cannot occur', () => {
    expect([...Object.keys(MET), ...Object.keys(ELSEWHERE)].sort()).toEqual(Object.keys(ERRORS).sort());
  });

  it.each(Object.entries(MET))('B44 %s is clear to people and programs', async (name, meet) => {
    const reason = name as Reason;
    const { status, headers, body } = await meet();
    const row: Row = ERRORS[reason];
    expect(status).toBe(row.dialects.multichannel?.status ?? row.status);
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('x-request-id')).toMatch(/^[\w.:-]{1,64}$/);
    const { message, details } = body;
    expect(body).toEqual({
      success: false,
      message,
      code: reason,
      details,
      error: { type: reason, message, details },
    });
    expect(message).toMatch(/^[A-Z][^\n]{7,}$/);
    if (PRINTED[reason]) expect(message).toBe(PRINTED[reason]);
    const said = `${message} ${JSON.stringify(Object.values(details))}`.replaceAll(/[[\]{}]/g, '');
    // The one path in a message is the media type that a caller must name.
    expect(said.replace('application/json', '')).not.toMatch(INTERNALS);
  });

  it('B44 says how long to wait if waiting helps', async () => {
    const waits = await Promise.all(
      (['RATE_LIMITED', 'RECIPIENT_BLOCKED', 'RESEND_TOO_SOON', 'OVERLOADED'] as const).map(async (reason) =>
        Number((await MET[reason]!()).headers.get('retry-after')),
      ),
    );
    expect(waits).toEqual([60, 3600, 30, 1]);
  });

  it('B44 names every field at fault', async () => {
    const { body } = await api.send({
      channels: 'email',
      recipients: { email: 1 },
      config: { otp_length: '6', max_attempts: 0 },
      sandbox_mode: 'yes',
    });
    expect(body.details.errors).toEqual([
      { field: 'channels', message: 'must be an array' },
      { field: 'recipients.email', message: 'must be a string' },
      { field: 'config.otp_length', message: 'must be a number' },
      { field: 'config.max_attempts', message: 'must be at least 1' },
      { field: 'sandbox_mode', message: 'must be a boolean' },
    ]);
  });
});
