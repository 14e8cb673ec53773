import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { docsRoutes } from '../../../server/gateway/docs/routes.js';
import { startService, type TestService } from '../../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(service.baseUrl + path, { headers });

describe('/docs', () => {
  it('is a page of this origin alone, under a policy without exceptions for scripts and styles', async () => {
    const response = await get('/docs');
    const html = await response.text();
    const policy = response.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(html).not.toMatch(/<style|style=|<script>|https?:\/\//);
    for (const [, path] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const file = await get(path!);
      expect({ path, status: file.status, kept: file.headers.get('cache-control') }).toEqual({
        path,
        status: 200,
        kept: 'public, max-age=31536000, immutable',
      });
      const etag = file.headers.get('etag')!;
      expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(50);
      expect((await get(path!, { 'if-none-match': etag })).status).toBe(304);
    }
  });

  it('reads the description of the service', async () => {
    expect(await (await get('/docs/init.js')).text()).toContain("'/openapi.json'");
  });

  it('sends its files compressed to who takes that', async () => {
    const { hostname, port } = new URL(service.baseUrl);
    const { request } = await import('node:http');
    const received = await new Promise<{ encoding: unknown; bytes: Buffer }>((resolve, reject) => {
      const headers = { 'accept-encoding': 'gzip' };
      request({ hostname, port, path: '/docs/swagger-ui.css', headers }, (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk) => chunks.push(chunk));
        res.on('end', () =>
          resolve({ encoding: res.headers['content-encoding'], bytes: Buffer.concat(chunks) }),
        );
      })
        .on('error', reject)
        .end();
    });
    expect(received.encoding).toBe('gzip');
    const plain = await (await get('/docs/swagger-ui.css', { 'accept-encoding': 'identity' })).text();
    expect(gunzipSync(received.bytes).toString()).toBe(plain);
  });

  it.each([
    [{ OTP_DOCS: '0' }, 404],
    [{ OTP_ENV: 'production', OTP_MASTER_KEYS: `1:${'A'.repeat(43)}=` }, 404],
    [{ OTP_ENV: 'production', OTP_MASTER_KEYS: `1:${'A'.repeat(43)}=`, OTP_DOCS: '1' }, 200],
  ])('with %j is %i', async (env, status) => {
    const other = await startService({ env: env as Record<string, string> });
    onTestFinished(() => other.stop());
    expect((await fetch(`${other.baseUrl}/docs`)).status).toBe(status);
  });

  it('is not served where its files are not installed', () => {
    expect(docsRoutes(undefined)).toEqual([]);
  });
});
