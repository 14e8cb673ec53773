import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readScreens } from '../../../server/screens/files.js';
import { screensForSuite } from '../../browser/support/screensForSuite.js';
import { serviceForSuite } from '../../support/serviceForSuite.js';

const screens = screensForSuite();
const service = serviceForSuite(async () => ({ overrides: { screens: await screens.folder() } }));

const get = (path: string, encoding = 'identity') =>
  fetch(service.baseUrl + path, { headers: { 'accept-encoding': encoding } });
const script = async () => /src="(\/screens\/[^"]+)"/.exec(await (await get('/console')).text())![1]!;

describe('what a screen loads', () => {
  it('may be kept for ever, because its name changes with its content', async () => {
    const response = await get(await script());
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'text/javascript; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      vary: 'accept-encoding',
    });
  });

  it('is sent in the best encoding that the browser takes', async () => {
    const path = await script();
    const plain = await (await get(path)).text();
    for (const [takes, gets] of [
      ['gzip, deflate, br', 'br'],
      ['gzip', 'gzip'],
      ['br;q=0, gzip;q=0.5', 'gzip'],
      ['identity', null],
    ] as const) {
      const response = await get(path, takes);
      expect(response.headers.get('content-encoding')).toBe(gets);
      // fetch has decoded it.
      expect(await response.text()).toBe(plain);
    }
  });

  it.each(['/screens/', '/screens/manifest.json', '/screens/../package.json', '/screens/none-ABC.js'])(
    'is nothing but what was built for it: %s',
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );
});

describe('/console', () => {
  it('is one page at every path below, which no cache keeps', async () => {
    const pages = await Promise.all(
      ['/console', '/console/', '/console/sessions/1'].map((path) => get(path)),
    );
    expect(new Set(await Promise.all(pages.map((page) => page.text()))).size).toBe(1);
    for (const { status, headers } of pages) {
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  const PRODUCTION = {
    OTP_ENV: 'production',
    OTP_MASTER_KEYS: `1:${Buffer.alloc(32, 7).toString('base64')}`,
    OTP_BOOTSTRAP_API_KEY: 'a-bootstrap-key-of-forty-characters-at-least',
  };
  const start = (env: Readonly<Record<string, string>>) =>
    serviceForSuite(async () => ({ env, overrides: { screens: await screens.folder() } }));
  const production = start(PRODUCTION);
  const asked = start({ ...PRODUCTION, OTP_CONSOLE: 'on' });
  const apart = start({ ...PRODUCTION, OTP_OPERATOR_PORT: '0' });
  const off = start({ OTP_CONSOLE: 'off', OTP_OPERATOR_PORT: '0' });

  it("is on the public port in production where OTP_CONSOLE=on asks for it, and on the operators' port", async () => {
    const status = async (base: string | undefined) => (await fetch(`${base}/console`)).status;
    expect(await status(production.baseUrl)).toBe(404);
    expect(await status(asked.baseUrl)).toBe(200);
    expect(await status(apart.baseUrl)).toBe(404);
    expect(await status(apart.operatorUrl)).toBe(200);
    expect(await status(off.baseUrl)).toBe(404);
    expect(await status(off.operatorUrl)).toBe(404);
  });

  it('shows its components in development only', async () => {
    const page = async (base: string | undefined) => (await fetch(`${base}/console/_components`)).text();
    expect(await page(service.baseUrl)).toContain('/screens/components-');
    expect(await page(asked.baseUrl)).not.toContain('/screens/components-');
    expect(await page(apart.operatorUrl)).not.toContain('/screens/components-');
  });
});

describe('/', () => {
  const PRODUCTION = {
    OTP_ENV: 'production',
    OTP_MASTER_KEYS: `1:${Buffer.alloc(32, 7).toString('base64')}`,
    OTP_BOOTSTRAP_API_KEY: 'a-bootstrap-key-of-forty-characters-at-least',
  };
  const production = serviceForSuite(async () => ({
    env: PRODUCTION,
    overrides: { screens: await screens.folder() },
  }));
  const leading = serviceForSuite(async () => ({
    env: { ...PRODUCTION, OTP_LANDING: 'console' },
    overrides: { screens: await screens.folder() },
  }));

  it('is nothing in production, unless it leads to the console', async () => {
    expect((await fetch(production.baseUrl)).status).toBe(404);
    const led = await fetch(leading.baseUrl, { redirect: 'manual' });
    expect({ status: led.status, location: led.headers.get('location') }).toEqual({
      status: 303,
      location: '/console',
    });
  });
});

describe('the element for other pages', () => {
  it('may be loaded from anywhere, is cached for a while, and is pinned by its hash', async () => {
    const newest = await get('/widget.js');
    expect(Object.fromEntries(newest.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'public, max-age=300',
    });
    const script = await newest.text();
    const { url, integrity } = await (await get('/widget.json')).json();
    expect(integrity).toBe(`sha384-${createHash('sha384').update(script).digest('base64')}`);
    const pinned = await get(url);
    expect(await pinned.text()).toBe(script);
    expect(pinned.headers.get('cache-control')).toContain('immutable');
  });
});

describe('the sizes of what a browser loads, gzipped', () => {
  const sizeOf = async (path: string) => {
    const text = await (await get(path)).text();
    return gzipSync(text, { level: 9 }).length;
  };

  it('stay within the budget of the console, a tool for operators', async () => {
    const { js, css } = readScreens(await screens.folder()).of('console');
    expect((await sizeOf(`/screens/${js}`)) + (await sizeOf(`/screens/${css}`))).toBeLessThan(150_000);
  });

  it('stay within the budgets of people who only enter a code', async () => {
    expect(await sizeOf('/widget.js')).toBeLessThan(4 * 1024);
    const files = readScreens(await screens.folder());
    const { js, css } = files.of('verify');
    expect(await sizeOf(`/screens/${js}`)).toBeLessThan(5 * 1024);
    expect(await sizeOf(`/screens/${css}`)).toBeLessThan(2 * 1024);
  });
});
