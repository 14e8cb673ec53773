import { cors } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../server/errors.js';
import { sendJson } from '../../../server/http/respond.js';
import { createRouter } from '../../../server/http/router.js';
import { type HttpResponse, http1, http2, session } from './support/clients.js';
import { serving } from './support/serving.js';

const ORIGIN = 'https://shop.example';
const router = createRouter([
  {
    prefix: '/otp.v1.OtpService/',
    methods: ['POST', 'GET'],
    crossOrigin: true,
    handle: (req, res) => sendJson(req, res, 200, {}),
  },
  {
    path: '/failing',
    method: 'POST',
    crossOrigin: true,
    handle: () => {
      throw new Failure('UNAUTHENTICATED');
    },
  },
  { path: '/inbox.json', method: 'GET', handle: (req, res) => sendJson(req, res, 200, { messages: [] }) },
]);
const words = (response: HttpResponse, header: string) => String(response.headers[header]).split(', ');

describe.each(['HTTP/1.1', 'HTTP/2'])('a browser of another origin over %s', (version) => {
  async function restApi() {
    const { port } = await serving(router);
    const client = version === 'HTTP/2' ? session(`http://127.0.0.1:${port}`) : undefined;
    return (method: string, path: string, headers: Record<string, string>) =>
      client ? http2(client, path, { method, headers }) : http1(port, path, { method, headers });
  }
  const preflight = {
    origin: ORIGIN,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'x-api-key',
  };

  it('may ask first, and may then send what Connect, gRPC-Web and the dialects need', async () => {
    const ask = await restApi();
    const response = await ask('OPTIONS', '/otp.v1.OtpService/Send', preflight);
    expect(response.status).toBe(204);
    expect(response.body).toBe('');
    expect(response.headers['access-control-allow-origin']).toBe(ORIGIN);
    expect(words(response, 'access-control-allow-methods')).toEqual(
      expect.arrayContaining([...cors.allowedMethods]),
    );
    expect(words(response, 'access-control-allow-headers')).toEqual(
      expect.arrayContaining([
        ...cors.allowedHeaders.map((name) => name.toLowerCase()),
        'authorization',
        'x-api-key',
        'idempotency-key',
        'x-request-id',
      ]),
    );
    expect(Number(response.headers['access-control-max-age'])).toBe(7200);
    expect(words(response, 'vary')).toContain('origin');
  });

  it('is never offered to send what the browser keeps', async () => {
    const ask = await restApi();
    for (const response of [
      await ask('OPTIONS', '/failing', preflight),
      await ask('POST', '/failing', { origin: ORIGIN }),
    ]) {
      expect(response.headers).not.toHaveProperty('access-control-allow-credentials');
    }
  });

  it('may read the response, and the headers that say how it went', async () => {
    const ask = await restApi();
    const response = await ask('POST', '/otp.v1.OtpService/Send', { origin: ORIGIN });
    expect(response.headers).toMatchObject({ 'access-control-allow-origin': ORIGIN, vary: 'origin' });
    expect(words(response, 'access-control-expose-headers')).toEqual(
      expect.arrayContaining([
        ...cors.exposedHeaders.map((name) => name.toLowerCase()),
        ...['retry-after', 'x-request-id', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'],
      ]),
    );
  });

  it('may read refusals too', async () => {
    const ask = await restApi();
    for (const [method, path, status] of [
      ['POST', '/failing', 401],
      ['PUT', '/failing', 405],
    ] as const) {
      const response = await ask(method, path, { origin: ORIGIN });
      expect([response.status, response.headers['access-control-allow-origin']]).toEqual([status, ORIGIN]);
    }
  });

  it('may read nothing of what asks for no credential', async () => {
    const ask = await restApi();
    for (const [method, headers] of [
      ['GET', { origin: ORIGIN }],
      ['OPTIONS', preflight],
    ] as const) {
      expect((await ask(method, '/inbox.json', headers)).headers).not.toHaveProperty(
        'access-control-allow-origin',
      );
    }
  });

  it('is not mentioned to callers that are no browsers', async () => {
    const ask = await restApi();
    const response = await ask('POST', '/otp.v1.OtpService/Send', {});
    expect(Object.keys(response.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});
