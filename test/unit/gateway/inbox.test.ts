import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../../server/config/config.js';
import { screensForSuite } from '../../browser/support/screensForSuite.js';
import { connectJson } from '../../support/connectJson.js';
import { bearer } from '../../support/rest.js';
import { startService, type TestService } from '../../support/service.js';
import { deliveredCode } from '../../wire/support/delivered.js';

const OWN = 'a-token-of-the-developer';
const screens = screensForSuite();

let service: TestService;
let code: string;
beforeAll(async () => {
  service = await startService({
    env: { OTP_INBOX_TOKEN: OWN },
    overrides: { screens: await screens.folder() },
  });
  const send = connectJson(service.baseUrl, service.liveKey);
  const { body } = await send('otp.v1.OtpService/Send', { recipients: { email: 'you@example.com' } });
  code = await deliveredCode(service, body.session.id, 'email');
});
afterAll(() => service.stop());

const list = (headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${service.baseUrl}/inbox.json`, { headers });

describe('messages of the development inbox', () => {
  it('are for callers with the inbox token, wherever they call from', async () => {
    const near = await list(bearer(OWN));
    expect(near.status).toBe(200);
    expect(await near.text()).toContain(code);
    const throughProxy = { ...bearer(OWN), 'x-forwarded-for': '203.0.113.1', via: '1.1 proxy' };
    expect((await list(throughProxy)).status).toBe(200);
  });

  it.each([
    ['no credential', () => ({})],
    ['an API key', () => bearer(service.liveKey)],
    ['another token', () => bearer(`${OWN}x`)],
    ['the token as a key', () => ({ 'x-api-key': OWN })],
    ['the token as a cookie', () => ({ cookie: `t=${OWN}` })],
  ])('are not shown for %s, on this machine either', async (_title, headers) => {
    const response = await list(headers());
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="inbox"');
    expect(await response.text()).not.toContain(code);
    expect((await fetch(`${service.baseUrl}/inbox.json?t=${OWN}`)).status).toBe(401);
  });

  it('are not on the page, which is for everyone', async () => {
    const response = await fetch(`${service.baseUrl}/inbox`);
    expect(response.status).toBe(200);
    const page = await response.text();
    expect(page).not.toContain(code);
    expect(page).not.toContain(OWN);
  });

  it('leave the token out of the log', () => {
    expect(service.logged()).not.toContain(OWN);
  });
});

describe('OTP_INBOX_TOKEN', () => {
  const inProduction = { OTP_ENV: 'production', OTP_MASTER_KEYS: `1:${Buffer.alloc(32).toString('base64')}` };

  it('unset is made once and kept', async () => {
    const other = await startService();
    expect(other.inboxToken).toMatch(/^otpi_[\w-]{32}$/);
    await other.stop();
  });

  it('must be long enough, and stops a start in production, which has no inbox', async () => {
    expect(() => readConfig({ OTP_INBOX_TOKEN: 'short' }, [])).toThrow(ConfigError);
    expect(() => readConfig({ ...inProduction, OTP_INBOX_TOKEN: OWN }, [])).toThrow(/OTP_INBOX_TOKEN/);
    const production = await startService({ env: inProduction });
    for (const path of ['/inbox', '/inbox.json'])
      expect((await fetch(production.baseUrl + path, { headers: bearer(OWN) })).status).toBe(404);
    expect(production.inboxToken).toBe('');
    await production.stop();
  });
});
