import { describe, expect, it } from 'vitest';
import { bearer, restClient } from '../../support/rest.js';
import { serviceForSuite } from '../../support/serviceForSuite.js';
import { newKey } from '../../support/tenant.js';
import { expectRefusal, POSTS, REST_APIS } from './support/restApis.js';

const LARGEST = 65_536;
const service = serviceForSuite();

/** One exchange as it comes, for requests that no client of ours would make. */
async function ask(method: string, path: string, headers: Record<string, string>, body?: BodyInit) {
  // Refused requests count, and the beneficiary document allows a client fifty a minute.
  service.clock.advance(1_500);
  const response = await fetch(service.baseUrl + path, {
    method,
    headers,
    ...(body !== undefined && { body, duplex: 'half' }),
  } as RequestInit);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
}

describe.each(POSTS)('POST $path', ({ path, request, restApi }) => {
  const INVALID = { status: 400, reason: 'INVALID_REQUEST' };
  const post = (body: BodyInit, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    ask('POST', path, { ...restApi.credential(service.liveKey), ...headers }, body);

  it.each(['{', '', 'null', '[]', '"text"', '17', "{'a': 1}", '{"a": 1,}', '\uFEFF{}', '{}{}'])(
    'refuses the body %j',
    async (body) => expectRefusal(restApi, await post(body), INVALID),
  );

  it('reads objects and lists a hundred deep, and not one more', async () => {
    const nested = (levels: number) =>
      JSON.stringify({ ...request, deep: 0 }).replace(
        '"deep":0',
        `"deep":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}`,
      );
    expect((await post(nested(100))).status).not.toBe(400);
    for (const levels of [101, 30_000]) {
      const response = await post(nested(levels));
      expectRefusal(restApi, response, INVALID);
      expect(JSON.stringify(response.body)).toContain('The body is nested too deep.');
    }
  });

  it('refuses what is not UTF-8', async () => {
    const bytes = Buffer.from(JSON.stringify({ ...request, extra: '?' }));
    bytes[bytes.indexOf('?')] = 0xff;
    const response = await post(bytes);
    expectRefusal(restApi, response, INVALID);
    expect(JSON.stringify(response.body)).toContain('The body is not UTF-8.');
  });

  it.each([
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/xml' },
    { 'content-type': 'application/json-patch+json' },
    { 'content-type': 'application/json; charset=iso-8859-1' },
    { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  ])('refuses the media type %j', async (headers) => {
    const response = await post(JSON.stringify(request), headers as Record<string, string>);
    expectRefusal(restApi, response, { status: 415, reason: 'UNSUPPORTED_MEDIA_TYPE' });
  });

  it.each(['application/json;charset=utf-8', 'Application/JSON', 'application/json; charset="UTF-8"'])(
    'reads %s',
    async (type) => {
      const { status } = await post(JSON.stringify(request), { 'content-type': type });
      expect([400, 415]).not.toContain(status);
    },
  );

  /** The request padded with an unknown field, to so many bytes. */
  const padded = (bytes: number) => {
    const bare = JSON.stringify({ ...request, padding: '' });
    return JSON.stringify({ ...request, padding: 'x'.repeat(bytes - bare.length) });
  };
  const inChunks = (text: string) =>
    new ReadableStream({
      start(controller) {
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; at += 9_000) controller.enqueue(bytes.subarray(at, at + 9_000));
        controller.close();
      },
    });

  it.each([
    ['at once', (text: string) => text],
    ['in chunks', inChunks],
  ])('reads 64 KiB sent %s, and not one byte more', async (_, sent) => {
    const { status } = await post(sent(padded(LARGEST)));
    expect([400, 413]).not.toContain(status);
    expectRefusal(restApi, await post(sent(padded(LARGEST + 1))), { status: 413, reason: 'BODY_TOO_LARGE' });
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'])(
    'refuses %s and says what is right',
    async (method) => {
      const response = await ask(method, path, restApi.credential(service.liveKey));
      expectRefusal(restApi, response, { status: 405, reason: 'METHOD_NOT_ALLOWED' });
      expect(response.headers.get('allow')).toBe('POST, OPTIONS');
    },
  );

  it('refuses an Idempotency-Key of more than 128 characters', async () => {
    const keyed = (length: number) =>
      post(JSON.stringify(request), {
        'content-type': 'application/json',
        'idempotency-key': 'k'.repeat(length),
      });
    expectRefusal(restApi, await keyed(129), INVALID);
    expect((await keyed(128)).status).not.toBe(400);
  });
});

describe.each(REST_APIS)('the $name API', (restApi) => {
  const prefix = restApi.dialect.prefixes[0]!;

  it.each(['', 'unknown', '%ff', 'send/', 'token/x', 'SEND', 'unknown?x=send', 'a/b/c'])(
    'has nothing at its prefix and %j',
    async (rest) => {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const response = await ask(method, prefix + rest, restApi.credential(service.liveKey));
        expectRefusal(restApi, response, { status: 404, reason: 'ROUTE_NOT_FOUND' });
      }
    },
  );
});

describe.each(REST_APIS.filter(({ name }) => name !== 'oauth'))('the $name API', (restApi) => {
  const routes = restApi.dialect.routes.map(({ method, path }) => ({
    method,
    // Parameters are filled in, and the query that one route needs.
    path: `${path.replaceAll(/\{\w+\}/g, 'x')}${path.includes('dispensations') ? '?sponsor_slug=x' : ''}`,
    request: restApi.requests[path],
  }));
  const call = (
    { method, path, request }: (typeof routes)[number],
    headers: Readonly<Record<string, string>>,
  ) =>
    request ? restClient(service.baseUrl, headers).post(path, request) : ask(method, path, { ...headers });

  const STRANGERS: [string, (key: string) => Record<string, string>][] = [
    ['no credential', () => ({})],
    ['an unknown key', () => ({ ...restApi.credential(`sk_otp_live_${'A'.repeat(43)}`) })],
    ['an empty key', () => ({ ...restApi.credential('') })],
    ['a key with something behind it', (key) => ({ ...restApi.credential(`${key}x`) })],
    ['a key by HTTP Basic', (key) => ({ authorization: `Basic ${btoa(`x:${key}`)}` })],
    ['a JWT of another issuer', () => ({ ...restApi.credential('eyJhbGciOiJub25lIn0.e30.') })],
  ];
  it.each(STRANGERS)('refuses %s on every route, and says how to log in', async (_, headers) => {
    for (const route of routes) {
      const response = await call(route, headers(service.liveKey));
      expectRefusal(restApi, response, { status: 401, reason: 'UNAUTHENTICATED' });
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="countersign"');
    }
  });

  it('refuses a key without the scope on every route', async () => {
    const key = await newKey(service, 'default', ['admin']);
    for (const route of routes) {
      const response = await call(route, restApi.credential(key));
      expectRefusal(restApi, response, { status: 403, reason: 'PERMISSION_DENIED' });
    }
  });
});

/** What cannot be read as a request of the beneficiary document, in every way there is. */
const UNREADABLE: [string, string, Record<string, string>][] = [
  ['no JSON', '{', {}],
  ['a field missing', '{"sponsor_slug":"x"}', {}],
  ['a field of a wrong type', '{"beneficiary_id":1,"sponsor_slug":"x"}', {}],
  ['an unknown channel', '{"beneficiary_id":"b","sponsor_slug":"x","channel":"FAX"}', {}],
  ['a wrong media type', '{}', { 'content-type': 'text/plain' }],
  ['too long a key', '{"beneficiary_id":"b","sponsor_slug":"x"}', { 'idempotency-key': 'k'.repeat(129) }],
];

describe('a request that cannot be read', () => {
  const SEND = '/v1/otp/send';

  it.each(UNREADABLE)(
    '(%s) is refused as a stranger’s without a good credential',
    async (_, body, headers) => {
      const stranger = restClient(service.baseUrl, bearer('unknown'));
      expect((await stranger.post(SEND, body, headers)).status).toBe(401);
    },
  );

  it.each(UNREADABLE)('(%s) counts against the limit of its client', async (_, body, headers) => {
    const api = restClient(service.baseUrl, bearer(await newKey(service, 'default', ['otp.send'])));
    for (let n = 0; n < 50; n++) {
      const { status, headers: received } = await api.post(SEND, body, headers);
      expect([400, 415, 422]).toContain(status);
      expect(received.get('x-ratelimit-remaining')).toBe(String(49 - n));
    }
    expect((await api.post(SEND, body, headers)).status).toBe(429);
  });

  it.each(UNREADABLE)('(%s) leaves a line in the log that says whose it was', async (_, body, headers) => {
    const requestId = `unreadable-${body.length}-${Object.keys(headers).length}`;
    const api = restClient(service.baseUrl, bearer(service.liveKey));
    service.clock.advance(60_000);
    await api.post(SEND, body, { ...headers, 'x-request-id': requestId });
    const lines = service
      .logged()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.filter((line) => line.requestId === requestId)).toMatchObject([
      { method: 'Send', transport: 'beneficiary', workspace: 'default', client: expect.any(String) },
    ]);
  });
});
