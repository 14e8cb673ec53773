import { describe, expect, it } from 'vitest';
import { serviceForSuite } from '../../support/serviceForSuite.js';
import { deliveredCode, otherThan } from '../../wire/support/delivered.js';

const service = serviceForSuite();

// biome-ignore lint/suspicious/noExplicitAny: a client without types reads what it likes.
type Json = any;

/** What a client makes of a response that is not a success. */
class Refused extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: Json;

  constructor(status: number, { message, code, details }: Json) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/**
 * A client in the shape of the vendor's own for Node: a base address that ends
 * in /api, a key that begins with sk_, errors read from message, code, details.
 */
function client(apiKey: string) {
  if (!apiKey.startsWith('sk_')) throw new Error('an API key begins with sk_');
  const base = `${service.baseUrl}/api`;
  return async (path: string, body: Json): Promise<Json> => {
    const response = await fetch(`${base}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-API-Key': apiKey },
      body: JSON.stringify(body),
    });
    const json = await response.json();
    if (!response.ok) throw new Refused(response.status, json);
    return json;
  };
}

/** How a client reads the fields of a response. */
const READERS: [string, (response: Json) => Json, 'token' | 'session_token'][] = [
  ['flat, sending token', (response) => response, 'token'],
  ['flat, sending session_token', (response) => response, 'session_token'],
  ['data, sending token', (response) => response.data, 'token'],
  ['data, sending session_token', (response) => response.data, 'session_token'],
];

describe.each(READERS)('a client that reads %s', (name, read, tokenField) => {
  const post = (path: string, body: Json) => client(service.liveKey)(path, body);
  const user = (what: string) => `${what}.${name.replaceAll(/\W+/g, '.')}@example.com`;
  const named = (response: Json) => ({ [tokenField]: response.session_token });
  const refused = (call: Promise<Json>): Promise<Refused> =>
    call.then(
      () => expect.unreachable('the call succeeded'),
      (error) => error,
    );

  it('sends, verifies and learns what became of each channel', async () => {
    const recipients = { email: user('flow'), sms: '+573001234542' };
    const sent = read(await post('/v1/otp/send', { channels: ['email', 'sms'], recipients }));
    expect(sent.session_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Date(sent.expires_at).getTime()).toBe(service.clock.now() + 600_000);
    expect(sent.channels).toEqual(['email', 'sms']);
    expect(sent.recipients).toEqual({
      email: expect.stringContaining('***'),
      sms: '+57 300 *** ** 42',
    });
    expect(sent.otps).toBeUndefined();

    const [email, sms] = [
      await deliveredCode(service, sent.session_id, 'email'),
      await deliveredCode(service, sent.session_id, 'sms'),
    ];
    const half = read(await post('/v1/otp/verify', { ...named(sent), otps: { email, sms: otherThan(sms) } }));
    expect(half.verified).toBe(false);
    expect(half.verification_results).toEqual({
      email: { success: true, message: 'OTP verified successfully' },
      sms: { success: false, message: 'Invalid OTP' },
    });
    const whole = read(await post('/v1/otp/verify', { ...named(sent), otps: { sms } }));
    expect(whole.verified).toBe(true);
    expect(whole.session_verified).toBe(true);
  });

  it('reads the codes of a sandbox session', async () => {
    const response = await post('/v1/otp/send', {
      channels: ['email'],
      recipients: { email: user('sandbox') },
      sandbox_mode: true,
    });
    const sent = read(response);
    // The document has no name for them flat; the vendor's client reads data.otps.
    const otps = sent.otps ?? sent.sandbox_otps;
    expect(otps).toEqual({ email: expect.stringMatching(/^\d{6}$/) });
    expect(response.data.otps).toEqual(otps);
    expect(read(await post('/v1/otp/verify', { ...named(sent), otps })).verified).toBe(true);
  });

  it('resends and reads the same fields', async () => {
    const sent = read(await post('/v1/otp/send', { channels: ['email'], recipients: { email: user('re') } }));
    service.clock.advance(30_000);
    const again = read(await post('/v1/otp/resend', { ...named(sent), channels: ['email'] }));
    expect(again).toMatchObject({
      session_id: sent.session_id,
      session_token: sent.session_token,
      channels: ['email'],
      recipients: sent.recipients,
    });
    expect(new Date(again.expires_at).getTime()).toBe(service.clock.now() + 600_000);
  });

  it('reads message, code and details of errors', async () => {
    const sent = read(await post('/v1/otp/send', { channels: ['email'], recipients: { email: user('er') } }));
    const code = await deliveredCode(service, sent.session_id);
    const wrong = { ...named(sent), otps: { email: otherThan(code) } };
    expect(await refused(post('/v1/otp/verify', wrong))).toMatchObject({
      status: 400,
      message: 'Invalid OTP',
      code: 'INVALID_CODE',
      details: { attempts_remaining: 2, channel: 'email' },
    });
    const malformed = { channels: ['email'], recipients: { email: 'not-an-email' } };
    expect(await refused(post('/v1/otp/send', malformed))).toMatchObject({
      status: 400,
      message: 'Invalid recipient',
      code: 'INVALID_RECIPIENT',
      details: { field: 'recipients.email' },
    });
  });
});

describe('naming a session', () => {
  const post = (path: string, body: Json) => client(service.liveKey)(path, body);

  it('token stands when both names are given', async () => {
    const [one, other] = await Promise.all(
      ['one@example.com', 'other@example.com'].map((email) =>
        post('/v1/otp/send', { channels: ['email'], recipients: { email } }),
      ),
    );
    const otps = { email: await deliveredCode(service, one.session_id) };
    const both = { token: one.session_token, session_token: other.session_token, otps };
    expect(await post('/v1/otp/verify', both)).toMatchObject({ verified: true, session_id: one.session_id });
  });

  it('session_id does in place of a token, and none is refused', async () => {
    const sent = await post('/v1/otp/send', { channels: ['email'], recipients: { email: 'id@example.com' } });
    const otps = { email: await deliveredCode(service, sent.session_id) };
    await expect(post('/v1/otp/verify', { otps })).rejects.toMatchObject({
      status: 400,
      details: { field: 'token' },
    });
    expect((await post('/v1/otp/verify', { session_id: sent.session_id, otps })).verified).toBe(true);
  });

  it('keys of both modes begin as the vendor’s do', () => {
    expect(service.liveKey).toMatch(/^sk_/);
    expect(service.testKey).toMatch(/^sk_/);
  });
});
