import { beforeAll, describe, expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { serviceForSuite } from '../support/serviceForSuite.js';

const SHOP = 'https://shop.example.com';
const RETURN = `${SHOP}/otp/done`;
const PUBLIC = 'https://otp.example.net';
const OPERATION = { type: 'payment', id: '991' };

const service = serviceForSuite({ env: { OTP_PUBLIC_URL: PUBLIC } });
let backend: ReturnType<typeof connectJson>;
let people = 0;
const someone = () => `page.${people++}@example.com`;
const create = (request: object) => backend('otp.v1.VerificationPageService/CreateVerificationPage', request);
const refOf = (url: string) => new URL(url).pathname.slice('/v/'.length);
const tokenOf = (url: string) => new URLSearchParams(new URL(url).hash.slice(1)).get('t')!;
const made = async (request: object = {}) => {
  const recipients = { email: someone() };
  const { status, body } = await create({
    send: { recipients, sandbox: true },
    returnUrl: RETURN,
    ...request,
  });
  expect(status, JSON.stringify(body)).toBe(200);
  return { ...body, recipient: recipients.email };
};

beforeAll(async () => {
  backend = connectJson(service.baseUrl, service.liveKey);
  const { status } = await backend('otp.admin.v1.WorkspaceService/UpdateWorkspace', {
    workspace: {
      brand: 'Acme Bank',
      returnUrls: [`${SHOP}/otp`, 'http://localhost:3000/'],
      embedOrigins: [SHOP, 'https://app.example.com'],
      brandColor: '#0b6b57',
      supportUrl: 'mailto:help@example.com',
    },
    updateMask: 'brand,returnUrls,embedOrigins,brandColor,supportUrl',
  });
  expect(status).toBe(200);
});

describe('CreateVerificationPage', () => {
  it('opens a session and returns a URL whose secret is in the fragment', async () => {
    const { url, session, sessionToken, sandboxCodes } = await made();
    expect(url.startsWith(`${PUBLIC}/v/`)).toBe(true);
    expect(refOf(url)).toMatch(/^[\w-]{22}$/);
    expect(tokenOf(url)).toBe(sessionToken);
    expect(session.status).toBe('SESSION_STATUS_PENDING');
    expect(sandboxCodes.email).toMatch(/^\d{6}$/);
  });

  it('makes a page for a session that is open, and not for one that has ended', async () => {
    const { body } = await backend('otp.v1.OtpService/Send', {
      recipients: { email: someone() },
      sandbox: true,
    });
    const sessionId = body.session.id;
    const first = await create({ sessionId, returnUrl: RETURN });
    expect(first.body.session.id).toBe(sessionId);
    await backend('otp.v1.OtpService/CancelSession', { sessionId });
    expect((await create({ sessionId, returnUrl: RETURN })).reason).toBe('SESSION_CANCELED');
    expect((await create({ sessionId: 'unknown', returnUrl: RETURN })).reason).toBe('SESSION_NOT_FOUND');
  });

  it('returns the same page for a repeated request, sends once, and refuses another request under the id', async () => {
    const request = {
      requestId: 'page-1',
      send: { recipients: { email: someone() }, sandbox: true },
      returnUrl: RETURN,
      state: 'abc',
    };
    const [one, two] = [await create(request), await create(request)];
    expect(two.body).toEqual(one.body);
    expect((await create({ ...request, state: 'other' })).reason).toBe('IDEMPOTENCY_CONFLICT');
  });

  it.each([
    ['a return_url of another site', { returnUrl: 'https://shop.example.com.evil.net/otp' }, 'return_url'],
    ['a return_url with another port', { returnUrl: `${SHOP}:8443/otp` }, 'return_url'],
    ['a return_url beside the listed path', { returnUrl: `${SHOP}/otpx` }, 'return_url'],
    ['a return_url that climbs out of the path', { returnUrl: `${SHOP}/otp/../admin` }, 'return_url'],
    ['a return_url with encoded climbing', { returnUrl: `${SHOP}/otp/%2e%2e/admin` }, 'return_url'],
    ['a return_url with a user', { returnUrl: 'https://shop.example.com@evil.net/otp' }, 'return_url'],
    ['a return_url with a fragment', { returnUrl: `${RETURN}#x` }, 'return_url'],
    ['a return_url over http', { returnUrl: 'http://shop.example.com/otp' }, 'return_url'],
    ['a script', { returnUrl: 'javascript:alert(1)' }, 'return_url'],
    ['no return_url', { returnUrl: '' }, 'return_url'],
    ['an origin that is not listed', { embedOrigins: ['https://evil.net'] }, 'embed_origins[0]'],
    ['EMBED without an origin', { returnMode: 'RETURN_MODE_EMBED' }, 'embed_origins'],
    ['a locale that is none', { uiLocale: 'english language' }, 'ui_locale'],
    ['a long state', { state: 'x'.repeat(513) }, 'state'],
    ['no session', { send: undefined }, 'session_id'],
    [
      'a request id within send',
      { send: { recipients: { email: 'a@example.com' }, requestId: '1' } },
      'send.request_id',
    ],
    ['no recipient within send', { send: {} }, 'send.recipients'],
  ])('refuses %s', async (_what, wrong, field) => {
    const send = { recipients: { email: someone() }, sandbox: true };
    const { reason, fields } = await create({ send, returnUrl: RETURN, ...wrong });
    expect({ reason, fields }).toEqual({ reason: 'INVALID_REQUEST', fields: [field] });
  });

  it('needs the scope otp.send', async () => {
    const page = connectJson(service.baseUrl, (await made()).sessionToken);
    const refused = await page('otp.v1.VerificationPageService/CreateVerificationPage', {
      send: { recipients: { email: someone() } },
      returnUrl: RETURN,
    });
    expect(refused.reason).toBe('PERMISSION_DENIED');
  });

  it('keeps neither the reference nor a token in the store', async () => {
    const { url, sessionToken } = await made({ state: 'kept' });
    const stored = JSON.stringify(await service.documents.collection('pages').find({}).toArray());
    expect(stored).toContain('kept');
    expect(stored).not.toContain(refOf(url));
    expect(stored).not.toContain(sessionToken);
    expect(service.logged()).not.toContain(refOf(url));
    expect(service.logged()).not.toContain(sessionToken);
  });
});

describe('GetVerificationPage', () => {
  const get = (credential: string, ref: string) =>
    connectJson(service.baseUrl, credential)('otp.v1.VerificationPageService/GetVerificationPage', { ref });

  it('shows the page to its own session token, with masked recipients', async () => {
    const { url, sessionToken, recipient } = await made({ state: 'abc', allowRecipientChange: true });
    const { body } = await get(sessionToken, refOf(url));
    expect(body).toMatchObject({
      brand: 'Acme Bank',
      brandColor: '#0b6b57',
      supportUrl: 'mailto:help@example.com',
      returnMode: 'RETURN_MODE_QUERY',
      returnUrl: RETURN,
      state: 'abc',
      allowRecipientChange: true,
      showHost: true,
    });
    expect(JSON.stringify(body)).not.toContain(recipient);
  });

  it('responds to the token of another session as to a page that does not exist', async () => {
    const [one, other] = [await made(), await made()];
    const refused = await get(other.sessionToken, refOf(one.url));
    expect(refused).toMatchObject({ status: 404, reason: 'SESSION_NOT_FOUND' });
    expect((await get(other.sessionToken, 'A'.repeat(22))).body).toEqual(refused.body);
  });

  it('ends with its session', async () => {
    const { url, sessionToken } = await made();
    service.clock.advance(24 * 3_600_000);
    expect((await get(sessionToken, refOf(url))).status).toBe(404);
  });
});

describe('Redeem by session id', () => {
  const redeem = (request: object) =>
    backend('otp.v1.VerificationTokenService/Redeem', {
      operation: OPERATION,
      acceptSandbox: true,
      ...request,
    });

  it('redeems an approved session once, for the expected recipient alone', async () => {
    const { session, sessionToken, sandboxCodes, recipient } = await made();
    const sessionId = session.id;
    expect((await redeem({ sessionId })).reason).toBe('TOKEN_NOT_FOUND');
    const page = connectJson(service.baseUrl, sessionToken);
    await page('otp.v1.OtpService/Verify', { code: sandboxCodes.email });
    expect((await redeem({ sessionId, recipient: 'else@example.com' })).reason).toBe('OPERATION_MISMATCH');
    expect((await redeem({ sessionId, recipient })).status).toBe(200);
    expect((await redeem({ sessionId, recipient })).reason).toBe('TOKEN_REDEEMED');
  });

  it('is not for sandbox sessions unless they are accepted, nor for session tokens', async () => {
    const { session, sessionToken, sandboxCodes } = await made();
    const page = connectJson(service.baseUrl, sessionToken);
    await page('otp.v1.OtpService/Verify', { code: sandboxCodes.email });
    const sessionId = session.id;
    expect((await redeem({ sessionId, acceptSandbox: false })).reason).toBe('TOKEN_NOT_FOUND');
    const refused = await page('otp.v1.VerificationTokenService/Redeem', { sessionId, operation: OPERATION });
    expect(refused.reason).toBe('PERMISSION_DENIED');
    expect((await redeem({})).fields).toEqual(['verification_token']);
  });
});

describe('the text message of a page in a frame', () => {
  const textTo = async (request: object) => {
    const sms = `+57300${String(1_000_000 + people++)}`;
    await made({ ...request, send: { recipients: { sms } } });
    return eventually(async () => (await service.inbox()).find(({ to }) => to === sms)?.text);
  };

  it('names the page that frames it and the service where there is exactly one', async () => {
    const one = await textTo({ returnMode: 'RETURN_MODE_EMBED', embedOrigins: [SHOP] });
    expect(one).toMatch(/\n\n@shop\.example\.com #\d{6} @otp\.example\.net$/);
    const two = await textTo({
      returnMode: 'RETURN_MODE_EMBED',
      embedOrigins: [SHOP, 'https://app.example.com'],
    });
    expect(two).not.toContain('@');
  });
});
