import { describe, expect, it } from 'vitest';
import { newSponsor } from '../../promises/support/beneficiaryApi.js';
import { connectJson } from '../../support/connectJson.js';
import { serviceForSuite } from '../../support/serviceForSuite.js';
import { newKey } from '../../support/tenant.js';
import { POSTS, REST_APIS } from './support/restApis.js';

const PAGE = 'https://shop.example';
const service = serviceForSuite();

const ask = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
  fetch(service.baseUrl + path, { method, headers, ...(body !== undefined && { body }) });

const GETS = REST_APIS.flatMap((restApi) =>
  restApi.dialect.routes.flatMap(({ method, path }) => (method === 'GET' ? [{ restApi, path }] : [])),
);

describe('HEAD', () => {
  it.each(GETS)('of $path responds as GET does, without the body', async ({ restApi, path }) => {
    const slug = await newSponsor(service);
    const filled = `${path.replace('{slug}', slug).replace(/\{\w+\}/, 'x')}?sponsor_slug=${slug}`;
    const headers = restApi.credential(service.liveKey);
    const [get, head] = [await ask('GET', filled, headers), await ask('HEAD', filled, headers)];
    expect(head.status).toBe(get.status);
    expect(head.headers.get('content-type')).toBe('application/json');
    expect(head.headers.get('content-length')).toBe(String((await get.text()).length));
    expect(await head.text()).toBe('');
    expect((await ask('HEAD', filled)).status).toBe(401);
  });

  it.each(POSTS)('of $path is not allowed', async ({ path }) => {
    const response = await ask('HEAD', path);
    expect({ status: response.status, allow: response.headers.get('allow') }).toEqual({
      status: 405,
      allow: 'POST, OPTIONS',
    });
  });
});

describe('OPTIONS', () => {
  it.each([
    ...POSTS.map(({ path }) => [path, 'POST, OPTIONS']),
    ...GETS.map(({ path, restApi }) => [
      path.replaceAll(/\{\w+\}/g, 'x'),
      restApi.dialect.routes.some((route) => route.path === path && route.method === 'DELETE')
        ? 'GET, HEAD, DELETE, OPTIONS'
        : 'GET, HEAD, OPTIONS',
    ]),
  ])('of %s says what is there: %s', async (path, allow) => {
    const response = await ask('OPTIONS', path!);
    expect({ status: response.status, allow: response.headers.get('allow') }).toEqual({ status: 204, allow });
  });
});

describe('a page of another origin', () => {
  it.each([...POSTS.map(({ path }) => path), ...GETS.map(({ path }) => path)])(
    'may ask first for %s',
    async (path) => {
      const response = await ask('OPTIONS', path, {
        origin: PAGE,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization, content-type, idempotency-key',
      });
      expect(response.status).toBe(204);
      expect(response.headers.get('access-control-allow-origin')).toBe(PAGE);
      expect(response.headers.get('access-control-allow-credentials')).toBeNull();
      const allowed = response.headers.get('access-control-allow-headers')!.split(', ');
      expect(allowed).toEqual(
        expect.arrayContaining([
          'authorization',
          'x-api-key',
          'idempotency-key',
          'content-type',
          'x-request-id',
        ]),
      );
    },
  );

  it.each(POSTS)('may read the response to POST $path, refusals too', async ({ path, request, restApi }) => {
    const headers = { origin: PAGE, 'content-type': 'application/json' };
    const responses = [
      await ask(
        'POST',
        path,
        { ...headers, ...restApi.credential(service.liveKey) },
        JSON.stringify(request),
      ),
      await ask('POST', path, headers, '{'),
      await ask('DELETE', path, headers),
      await ask('POST', `${path}/unknown`, headers, '{}'),
    ];
    for (const response of responses) {
      expect(response.headers.get('access-control-allow-origin')).toBe(PAGE);
      expect(response.headers.get('vary')).toBe('origin');
      const exposed = response.headers.get('access-control-expose-headers')!.split(', ');
      expect(exposed).toEqual(
        expect.arrayContaining(['retry-after', 'x-request-id', 'x-ratelimit-remaining', 'x-sandbox-code']),
      );
    }
  });

  it('is refused, in the dialect’s words, where the workspace does not list its origin', async () => {
    const key = await newKey(service, 'strict');
    const operator = connectJson(service.baseUrl, service.liveKey);
    const updated = await operator('otp.admin.v1.WorkspaceService/UpdateWorkspace', {
      workspace: { name: 'strict', allowedOrigins: ['https://own.example'] },
      updateMask: 'allowedOrigins',
    });
    expect(updated.status).toBe(200);
    for (const { path, request, restApi } of POSTS.filter(({ restApi: { name } }) => name !== 'oauth')) {
      const from = async (origin: string) => {
        const headers = { origin, 'content-type': 'application/json', ...restApi.credential(key) };
        const response = await ask('POST', path, headers, JSON.stringify(request));
        return { status: response.status, reason: restApi.reasonIn(await response.json()) };
      };
      expect(await from(PAGE)).toEqual({ status: 403, reason: 'PERMISSION_DENIED' });
      expect(await from('https://own.example')).not.toEqual({ status: 403, reason: 'PERMISSION_DENIED' });
    }
  });
});
