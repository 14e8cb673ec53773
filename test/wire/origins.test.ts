import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { serviceForSuite } from '../support/serviceForSuite.js';

const SHOP = 'https://shop.example.com';
const OTHER = 'https://other.example.net';

const service = serviceForSuite();

const preflight = (origin: string, path = '/otp.v1.OtpService/Verify') =>
  fetch(service.baseUrl + path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers':
        'authorization,connect-protocol-version,connect-timeout-ms,content-type',
    },
  });

let pages = 0;
/** As a page does: the session token, and the origin that a browser adds. */
async function page(origin: string) {
  const backend = connectJson(service.baseUrl, service.liveKey);
  const { body } = await backend('otp.v1.OtpService/Send', {
    recipients: { email: `page.${pages++}@example.com` },
    sandbox: true,
  });
  const call = connectJson(service.baseUrl, body.sessionToken);
  return (method: string, request: object = {}) => call(method, request, { origin });
}

async function allow(...allowedOrigins: string[]) {
  const workspaces = service.documents.collection('workspaces');
  await workspaces.findOneAndUpdate({ _id: 'default' }, { $set: { allowedOrigins } });
  // Changes of a workspace hold everywhere after five seconds.
  service.clock.advance(5_001);
}

describe('a page of another origin', () => {
  it('passes the preflight with the headers that the clients send', async () => {
    const { status, headers } = await preflight(SHOP);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(SHOP);
    expect(headers.get('access-control-allow-methods')).toContain('POST');
    const allowed = headers.get('access-control-allow-headers')!.split(', ');
    expect(allowed).toEqual(
      expect.arrayContaining([
        'authorization',
        'content-type',
        'connect-protocol-version',
        'connect-timeout-ms',
        'grpc-timeout',
        'x-grpc-web',
        'x-request-id',
      ]),
    );
    expect(headers.has('access-control-allow-credentials')).toBe(false);
  });

  it('can read responses and their headers', async () => {
    const response = await (await page(SHOP))('otp.v1.OtpService/GetSession');
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe(SHOP);
    expect(response.headers.get('vary')).toMatch(/origin/i);
    const exposed = response.headers.get('access-control-expose-headers')!.split(', ');
    expect(exposed).toEqual(
      expect.arrayContaining([
        'grpc-status',
        'grpc-message',
        'grpc-status-details-bin',
        'retry-after',
        'x-request-id',
      ]),
    );
  });

  it('can read errors, those of undecodable requests included', async () => {
    const response = await connectJson(service.baseUrl)('otp.v1.OtpService/Verify', '{"code":', {
      origin: SHOP,
    });
    expect(response).toMatchObject({ status: 400, reason: 'INVALID_REQUEST' });
    expect(response.headers.get('access-control-allow-origin')).toBe(SHOP);
  });

  it('cannot read the development inbox', async () => {
    const { headers } = await fetch(`${service.baseUrl}/inbox.json`, { headers: { origin: SHOP } });
    expect(headers.has('access-control-allow-origin')).toBe(false);
  });
});

describe('a workspace that lists its origins', () => {
  it('accepts its own pages, refuses others with a readable error, and does not affect servers', async () => {
    const shop = await page(SHOP);
    const other = await page(OTHER);
    expect(await other('otp.v1.OtpService/GetSession')).toMatchObject({ status: 200 });
    await allow(SHOP);
    expect(await shop('otp.v1.OtpService/GetSession')).toMatchObject({ status: 200 });
    const refused = await other('otp.v1.OtpService/GetSession');
    expect(refused).toMatchObject({ status: 403, reason: 'PERMISSION_DENIED' });
    expect(refused.headers.get('access-control-allow-origin')).toBe(OTHER);
    const server = connectJson(service.baseUrl, service.liveKey);
    expect(await server('otp.v1.OtpService/ListSessions', {})).toMatchObject({ status: 200 });
    await allow();
    expect(await other('otp.v1.OtpService/GetSession')).toMatchObject({ status: 200 });
  });

  it('accepts an origin only by its exact text', async () => {
    await allow(SHOP);
    for (const origin of ['http://shop.example.com', `${SHOP}:8443`, `${SHOP}.example.net`, 'null']) {
      expect(await (await page(origin))('otp.v1.OtpService/GetSession')).toMatchObject({ status: 403 });
    }
    await allow();
  });
});

describe('a page of the service itself', () => {
  const production = serviceForSuite({
    env: {
      OTP_ENV: 'production',
      OTP_MASTER_KEYS: `1:${Buffer.alloc(32, 7).toString('base64')}`,
      OTP_BOOTSTRAP_API_KEY: 'a-bootstrap-key-of-forty-characters-at-least',
      OTP_PUBLIC_URL: 'https://otp.example.com/base',
      OTP_OPERATOR_PORT: '0',
    },
  });
  const whoAmI = (base: string, origin: string, credential: string) =>
    connectJson(base, credential)('otp.admin.v1.AccessService/WhoAmI', {}, { origin });
  const restrict = async (one: typeof service) => {
    const workspaces = one.documents.collection('workspaces');
    await workspaces.findOneAndUpdate({ _id: 'default' }, { $set: { allowedOrigins: [SHOP] } });
    one.clock.advance(5_001);
  };

  it('may call from this machine in development, at its own port alone', async () => {
    await allow(SHOP);
    expect(await whoAmI(service.baseUrl, service.baseUrl, service.liveKey)).toMatchObject({ status: 200 });
    for (const origin of ['http://127.0.0.1:1', 'http://localhost', `https://127.0.0.1:${service.port}`])
      expect(await whoAmI(service.baseUrl, origin, service.liveKey)).toMatchObject({ status: 403 });
  });

  it('is not recognised by a Host that only leads to this machine', async () => {
    await allow(SHOP);
    const response = await rawRequest(service.port, {
      path: '/otp.admin.v1.AccessService/WhoAmI',
      headers: {
        host: `rebound.example:${service.port}`,
        origin: `http://rebound.example:${service.port}`,
        authorization: `Bearer ${service.liveKey}`,
      },
    });
    expect(response).toBe(403);
  });

  it("may call in production under OTP_PUBLIC_URL, and on the operators' port through a tunnel", async () => {
    await restrict(production);
    const key = production.liveKey;
    const session = (origin: string) =>
      connectJson(production.baseUrl, key)('otp.v1.OtpService/ListSessions', {}, { origin });
    expect(await session('https://otp.example.com')).toMatchObject({ status: 200 });
    expect(await session(production.baseUrl)).toMatchObject({ status: 403 });
    const operators = production.operatorUrl!;
    expect(await whoAmI(operators, operators, key)).toMatchObject({ status: 200 });
    expect(await whoAmI(operators, OTHER, key)).toMatchObject({ status: 403 });
  });
});

/** A POST with a Host of one's own, which fetch does not send. */
function rawRequest(
  port: number,
  options: { path: string; headers: Record<string, string> },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const { path, headers } = options;
    const sent = request({
      host: '127.0.0.1',
      port,
      method: 'POST',
      path,
      headers: { ...headers, 'content-type': 'application/json' },
    });
    sent.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.once('error', reject);
    sent.end('{}');
  });
}
