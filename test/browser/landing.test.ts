import { expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { describeInBrowser, expectAccessible, expectNoSidewaysScroll, LOOKS } from './support/browser.js';
import { servedScreensForSuite } from './support/servedScreensForSuite.js';

describeInBrowser('the landing page of a development start', () => {
  const { browser, service } = servedScreensForSuite();

  it('leads to everything there is, and shows the URL of this very service in its commands', async () => {
    const page = await browser.newPage();
    await page.goto(service.baseUrl);
    const links = await page.locator('nav a').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
    expect(links).toEqual(['/inbox', '/console', '/docs', '/metrics']);
    for (const path of links) expect((await fetch(service.baseUrl + path)).status, String(path)).toBe(200);
    expect(await page.locator('#send-command').textContent()).toContain(
      `${service.baseUrl}/otp.v1.OtpService/Send`,
    );
  });

  it('copies a command', async () => {
    const page = await browser.newPage({ permissions: ['clipboard-read', 'clipboard-write'] });
    await page.goto(service.baseUrl);
    await page.getByRole('button', { name: 'Copy: Read it' }).click();
    await page.getByText('Copied').waitFor();
    const command = await page.locator('#read-command').textContent();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(command);
  });

  it('ticks the steps that were done', async () => {
    const page = await browser.newPage();
    await page.goto(service.baseUrl);
    const call = connectJson(service.baseUrl, service.liveKey);
    const email = 'landing@example.com';
    const { body } = await call('otp.v1.OtpService/Send', { recipients: { email } });
    await page.locator('#send.done').waitFor();
    expect(await page.locator('#verify.done').count()).toBe(0);
    const code = await eventually(async () => {
      service.clock.advance(100);
      return /\d{6}/.exec((await service.inbox()).find(({ to }) => to === email)?.text ?? '')?.[0];
    });
    await call('otp.v1.OtpService/Verify', { sessionId: body.session.id, code });
    await page.locator('#verify.done').waitFor();
  });

  it.each(LOOKS)('is accessible, $colorScheme, $width px wide', async ({ colorScheme, ...viewport }) => {
    const page = await browser.newPage({ colorScheme, viewport });
    await page.goto(service.baseUrl);
    await page.getByRole('heading', { name: 'The service is running' }).waitFor();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  });
});
