import { beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../server/platform/clock.js';
import { connectJson } from '../support/connectJson.js';
import { describeInBrowser } from './support/browser.js';
import { consoleForSuite } from './support/consoleForSuite.js';
import { PAGE_GROUPS, visitConsole } from './support/consolePages.js';
import { type Filled, fillConsole } from './support/fillConsole.js';
import { expectChartsMove, expectDialogByKeyboard, expectReachedByTab } from './support/keyboard.js';
import { servedScreensForSuite } from './support/servedScreensForSuite.js';

describeInBrowser('by keyboard', () => {
  const suite = consoleForSuite();
  const { service, open } = suite;
  let filled: Filled;
  let charts = 0;

  beforeAll(async () => {
    filled = await fillConsole(suite);
  });

  it.each(PAGE_GROUPS)(
    '%s: Tab reaches everything, in sight, on wide and on narrow screens',
    async (_, pages) => {
      const page = await open('');
      for (const { path, text } of pages) {
        await visitConsole(page, service, { path: path(filled), text });
        await expectReachedByTab(page);
        charts += await expectChartsMove(page);
        await page.setViewportSize({ width: 360, height: 740 });
        // What covers a narrow page is put over it as it is loaded.
        await page.reload();
        await page.getByText(text).first().waitFor({ state: 'attached' });
        await expectReachedByTab(page);
      }
    },
  );

  it('has a cursor in every chart', () => {
    expect(charts).toBeGreaterThanOrEqual(4);
  });

  it('moves between the rows of a table by the arrow keys, and opens the one that has the focus', async () => {
    const page = await open('/sessions?live=off');
    const rows = page.locator('.row-link');
    await rows.first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    expect(await rows.nth(1).evaluate((row) => row === document.activeElement)).toBe(true);
    await page.keyboard.press('Enter');
    await page.getByText('Timeline and actions').waitFor();
    await page.getByRole('button', { name: 'Close' }).focus();
    await page.keyboard.press('Escape');
    await page.getByText('Timeline and actions').waitFor({ state: 'detached' });
    expect(await rows.nth(1).evaluate((row) => row === document.activeElement)).toBe(true);
  });
});

describeInBrowser('by keyboard outside the console', () => {
  const { browser, service } = servedScreensForSuite({ clock: systemClock });
  const call = (method: string, message: object) =>
    connectJson(service.baseUrl, service.liveKey)(method, message);

  it('Tab reaches everything on the landing page', async () => {
    const page = await browser.newPage();
    await page.goto(service.baseUrl);
    await expectReachedByTab(page);
  });

  it('Tab reaches everything in the sign-in of the console and of the inbox', async () => {
    const page = await browser.newPage();
    for (const path of ['/console', '/inbox']) {
      await page.goto(service.baseUrl + path);
      await page.getByRole('button').first().waitFor();
      await expectReachedByTab(page);
    }
  });

  it('Tab reaches everything in the inbox, and its dialogs keep the focus and give it back', async () => {
    const page = await browser.newPage();
    const email = 'keyboard@example.com';
    await call('otp.v1.OtpService/Send', { recipients: { email } });
    await page.goto(`${service.baseUrl}/inbox#t=${service.inboxToken}`);
    await page.locator('.message-row', { hasText: email }).waitFor();
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 740 });
      await expectReachedByTab(page);
    }
    for (const name of ['Faults', 'Delete all', 'Delete all to this recipient'])
      await expectDialogByKeyboard(page, page.getByRole('button', { name, exact: true }));
  });

  it('Tab reaches everything on the verification page', async () => {
    const page = await browser.newPage({ viewport: { width: 360, height: 640 } });
    await call('otp.admin.v1.WorkspaceService/UpdateWorkspace', {
      workspace: { returnUrls: ['https://shop.example.com/'], supportUrl: 'https://shop.example.com/help' },
      updateMask: 'returnUrls,supportUrl',
    });
    const { body } = await call('otp.v1.VerificationPageService/CreateVerificationPage', {
      send: { recipients: { sms: '+573005550911', email: 'keys@example.com' } },
      returnUrl: 'https://shop.example.com/back',
      allowRecipientChange: true,
    });
    await page.goto(body.url);
    await page.locator('#channels button').first().waitFor();
    await expectReachedByTab(page);
  });
});
