import { describe, expect, it } from 'vitest';
import type { HttpHandler } from '../../../server/http/message.js';
import { sendJson } from '../../../server/http/respond.js';
import { createRouter, type Route } from '../../../server/http/router.js';
import { type HttpResponse, http1, http2, session } from './support/clients.js';
import { serving } from './support/serving.js';

const says =
  (name: string): HttpHandler =>
  (req, res) =>
    sendJson(req, res, 200, { name });
const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/things', handle: says('list') },
  { method: 'POST', path: '/things', handle: says('create') },
  { prefix: '/things/', methods: ['GET'], handle: says('one') },
  { prefix: '/things/deep/', methods: ['GET', 'POST'], handle: says('deep') },
  { method: 'GET', path: '/things/deep/exact', handle: says('exact') },
  { method: 'POST', path: '/api', handle: says('api'), crossOrigin: true },
];

type Ask = (method: string, path: string, headers?: Record<string, string>) => Promise<HttpResponse>;

describe.each(['HTTP/1.1', 'HTTP/2'])('routes over %s', (version) => {
  async function restApi(): Promise<Ask> {
    const { port } = await serving(createRouter(ROUTES));
    if (version === 'HTTP/1.1') return (method, path, headers = {}) => http1(port, path, { method, headers });
    const client = session(`http://127.0.0.1:${port}`);
    return (method, path, headers = {}) => http2(client, path, { method, headers });
  }

  it.each([
    ['GET', '/things', 'list'],
    ['GET', '/things?page=2', 'list'],
    ['POST', '/things', 'create'],
    ['GET', '/things/1', 'one'],
    ['GET', '/things/', 'one'],
    ['GET', '/things/deep/1', 'deep'],
    ['GET', '/things/deep/exact', 'exact'],
  ])('send %s %s to %s', async (method, path, name) => {
    const ask = await restApi();
    expect(JSON.parse((await ask(method, path)).body)).toEqual({ name });
  });

  it.each(['/', '/thing', '/things2', '/THINGS', '/%74hings', '/?/things', '//things'])(
    'know nothing at %s',
    async (path) => {
      const ask = await restApi();
      const response = await ask('GET', path);
      expect(response.status).toBe(404);
      expect(JSON.parse(response.body)).toEqual({
        code: 'ROUTE_NOT_FOUND',
        message: 'There is nothing at that address.',
      });
      expect(response.headers['content-type']).toBe('application/json');
    },
  );

  it('refuse a wrong method and say which are right', async () => {
    const ask = await restApi();
    const both = await ask('DELETE', '/things');
    expect(both.status).toBe(405);
    expect(both.headers.allow).toBe('GET, POST, HEAD, OPTIONS');
    expect(JSON.parse(both.body).code).toBe('METHOD_NOT_ALLOWED');
    expect((await ask('GET', '/api')).headers.allow).toBe('POST, OPTIONS');
  });

  it('respond to HEAD as to GET, without the body', async () => {
    const ask = await restApi();
    const [head, get] = [await ask('HEAD', '/things'), await ask('GET', '/things')];
    expect(head.status).toBe(200);
    expect(head.body).toBe('');
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
    expect((await ask('HEAD', '/things/1')).status).toBe(200);
    expect((await ask('HEAD', '/api')).status).toBe(405);
    expect((await ask('HEAD', '/nothing')).status).toBe(404);
    expect((await ask('GET', '/things')).status).toBe(200);
  });

  it('say what an address allows', async () => {
    const ask = await restApi();
    const response = await ask('OPTIONS', '/things');
    expect([response.status, response.headers.allow, response.body]).toEqual([
      204,
      'GET, POST, HEAD, OPTIONS',
      '',
    ]);
  });
});

describe('a table of routes', () => {
  it('refuses two routes for one method and address', () => {
    const route = { method: 'GET', path: '/a', handle: says('a') };
    expect(() => createRouter([route, route])).toThrow('two routes for GET /a');
  });
});
