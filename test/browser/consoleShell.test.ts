import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { newKey } from '../support/tenant.js';
import { describeInBrowser, expectAccessible, expectNoSidewaysScroll, LOOKS } from './support/browser.js';
import { consoleForSuite, signIn } from './support/consoleForSuite.js';

/** What the browser keeps beyond the tab's memory. */
const kept = (page: Page) =>
  page.evaluate(() => ({
    session: Object.entries(sessionStorage).flat().join(' '),
    local: Object.entries(localStorage).flat().join(' '),
    cookies: document.cookie,
    url: location.href,
  }));

describeInBrowser('the shell of the console', () => {
  const { browser, service, open } = consoleForSuite();

  it('accepts a key, also where the workspace lists the origins that may call', async () => {
    const workspaces = service.documents.collection('workspaces');
    const set = (allowedOrigins: string[]) =>
      workspaces.findOneAndUpdate({ _id: 'default' }, { $set: { allowedOrigins } });
    await set(['https://shop.example.com']);
    service.clock.advance(5_001);
    const page = await open('/sessions');
    await page.getByText('default', { exact: true }).first().waitFor();
    await set([]);
    service.clock.advance(5_001);
  });

  it('exchanges the key for a token of the tab and keeps the key nowhere', async () => {
    const requests: string[] = [];
    const page = await browser.newPage();
    page.on('request', (request) => requests.push(`${request.url()} ${request.headers().referer ?? ''}`));
    await signIn(page, `${service.baseUrl}/console/sessions`, service.liveKey);
    await page.getByRole('heading', { name: 'Sessions', exact: true }).waitFor();
    const { session, local, cookies, url } = await kept(page);
    expect(session).toContain('token');
    expect(`${session} ${local} ${cookies} ${url}`).not.toContain(service.liveKey);
    expect(local).toBe('');
    expect(cookies).toBe('');
    expect(requests.join(' ')).not.toMatch(/sk_otp_|eyJ/);

    await page.reload();
    await page.getByRole('heading', { name: 'Sessions', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key').waitFor();
    expect((await kept(page)).session).toBe('');
  });

  it('says that a key is not known', async () => {
    const page = await browser.newPage();
    await page.goto(`${service.baseUrl}/console`);
    await page.getByLabel('API key').fill('otp_live_wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'not known' }).waitFor();
  });

  it('asks for a key over the page when the token ends, and goes on at the same URL', async () => {
    const page = await open('/limits?workspace=default');
    await page.evaluate(() => {
      const [name = ''] = Object.keys(sessionStorage);
      const kept = JSON.parse(sessionStorage.getItem(name) ?? '{}');
      sessionStorage.setItem(name, JSON.stringify({ ...kept, token: 'eyJ.not.valid' }));
    });
    await page.reload();
    await page.getByLabel('API key').fill(service.liveKey);
    await page.keyboard.press('Enter');
    await page.getByRole('navigation', { name: 'Pages' }).waitFor();
    expect(page.url()).toContain('/console/limits?workspace=default');
  });

  it('marks the pages that a key may not read, and says which scope they need', async () => {
    const key = await newKey(service, 'default', ['support']);
    const page = await open('/audit', { key });
    await page.getByText('Needs the scope admin or operator; your key has support.').waitFor();
    await page.getByRole('link', { name: /Audit.*closed to your key/ }).waitFor();
    await page.getByRole('link', { name: 'Sessions', exact: true }).click();
    await page.getByRole('heading', { name: 'Sessions', exact: true }).waitFor();
  });

  it('is used by keyboard: skip link first, Ctrl K from anywhere, the theme survives a reload', async () => {
    const page = await open('/sessions', { colorScheme: 'light' });
    await page.keyboard.press('Tab');
    await page.getByRole('link', { name: 'Skip to content' }).waitFor();
    await page.keyboard.press('Control+k');
    const find = page.getByRole('searchbox');
    expect(await find.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.getByRole('button', { name: 'Dark colours' }).click();
    await page.reload();
    await page.getByRole('button', { name: 'Light colours' }).waitFor();
    expect((await kept(page)).local).toBe('countersign.theme dark');
  });

  it('finds a recipient without its number in any URL, request line, history entry or log', async () => {
    const page = await open('/sessions');
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.keyboard.press('Control+k');
    await page.keyboard.type('+57 300 555 8877');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/console\/recipients\/[\w-]+/);
    await page.getByText('Not asked').first().waitFor();
    expect(requests.filter((url) => /3005558877|300.?555/.test(url))).toEqual([]);
    expect(page.url()).not.toMatch(/8877/);
    expect(service.logged()).not.toContain('3005558877');
    await page.reload();
    await page.getByText('Not asked').first().waitFor();
  });

  it('shows test mode in other colours, and another workspace', async () => {
    await newKey(service, 'tenant-7');
    const page = await open('/sessions');
    await page.getByRole('link', { name: 'show test mode' }).click();
    await page.locator('.top.is-test').waitFor();
    await page.getByLabel('Workspace').selectOption('tenant-7');
    await page.waitForURL(/workspace=tenant-7/);
    await page.getByText('No sessions in this time').waitFor();
    await page.getByRole('link', { name: 'Limits' }).click();
    await page.waitForURL(/\/limits\?.*workspace=tenant-7/);
  });

  it.each(LOOKS)(
    'is accessible at sign-in, $colorScheme, $width px wide',
    async ({ colorScheme, ...viewport }) => {
      const page = await browser.newPage({ colorScheme, viewport });
      await page.goto(`${service.baseUrl}/console/anything`);
      await page.getByLabel('API key').waitFor();
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
    },
  );
});
