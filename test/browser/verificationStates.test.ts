import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { describeInBrowser, expectAccessible, expectNoSidewaysScroll, LOOKS } from './support/browser.js';
import { shopForSuite } from './support/shopForSuite.js';
import { codeTo, someone, visitFrame, wrongOf } from './support/visits.js';

describeInBrowser('a state of the verification page', () => {
  const { browser, service, shop } = shopForSuite();

  const call = (method: string, message: object) =>
    connectJson(service.baseUrl, service.liveKey)(method, message);
  const create = async (more: object = {}, to = someone()) => {
    const { status, body } = await call('otp.v1.VerificationPageService/CreateVerificationPage', {
      send: { recipients: { sms: to } },
      returnUrl: `${shop.url}/back`,
      allowRecipientChange: true,
      ...more,
    });
    expect(status, JSON.stringify(body)).toBe(200);
    return { to, url: body.url as string, sessionId: body.session.id as string };
  };
  const counting = (page: Page) => page.locator('#countdown', { hasText: /\d:\d\d/ }).waitFor();
  const type = async (page: Page, code: string) => {
    await page.locator('#code').fill(code);
    await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
  };

  /** Each opens a page and brings it into its state. */
  const STATES: Readonly<Record<string, () => Promise<Page>>> = {
    'waits for the code': async () => {
      const page = await browser.newPage();
      await page.goto((await create()).url);
      await counting(page);
      return page;
    },
    'shows the logo of the workspace': async () => {
      const logo =
        'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
      const update = (workspace: object) =>
        call('otp.admin.v1.WorkspaceService/UpdateWorkspace', { workspace, updateMask: 'logo' });
      expect((await update({ logo })).status).toBe(200);
      const page = await browser.newPage();
      await page.goto((await create()).url);
      await counting(page);
      await page.waitForFunction(
        () => document.querySelector<HTMLImageElement>('.who img')?.naturalWidth === 1,
      );
      await update({});
      return page;
    },
    'says that the code is wrong': async () => {
      const page = await browser.newPage();
      const { url, to } = await create();
      await page.goto(url);
      await counting(page);
      await type(page, wrongOf(await codeTo(service, to)));
      return page;
    },
    'says that no attempts are left': async () => {
      const page = await browser.newPage();
      const { url, to, sessionId } = await create();
      await page.goto(url);
      await counting(page);
      const code = wrongOf(await codeTo(service, to));
      for (const _ of [1, 2]) await call('otp.v1.OtpService/Verify', { sessionId, code });
      await page.locator('#code').fill(code);
      await page.getByRole('heading', { name: 'Too many wrong codes' }).waitFor();
      return page;
    },
    'says that the request was cancelled': async () => {
      const page = await browser.newPage();
      const { url, sessionId } = await create();
      await page.goto(url);
      await counting(page);
      await call('otp.v1.OtpService/CancelSession', { sessionId });
      await page.getByRole('heading', { name: 'was cancelled' }).waitFor();
      return page;
    },
    'offers other channels': async () => {
      const page = await browser.newPage();
      const email = `${someone().slice(1)}@example.com`;
      const { url } = await create({ send: { recipients: { sms: someone(), email } } });
      await page.goto(url);
      await page.locator('#channels button').first().waitFor();
      return page;
    },
    'is opened without its fragment': async () => {
      const page = await browser.newPage();
      const { url } = await create();
      await fetch(url.split('#')[0] ?? '');
      await page.goto(url.split('#')[0] ?? '');
      await page.getByText('Go back and open this page').waitFor();
      return page;
    },
    'is gone': async () => {
      const page = await browser.newPage();
      await page.goto(`${service.baseUrl}/v/${'A'.repeat(22)}`);
      await page.getByRole('heading').waitFor();
      return page;
    },
    'is in a frame, and done': async () => {
      const { page, to, frame } = await visitFrame(browser, shop.url);
      await frame.locator('#code').fill(await codeTo(service, to));
      await frame.getByRole('heading', { name: 'Done' }).waitFor();
      return page;
    },
  };

  it.each(Object.keys(STATES))('%s: accessible, light and dark, 360 and 1600 px wide', async (name) => {
    const page = await STATES[name]!();
    for (const { colorScheme, ...viewport } of LOOKS) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      for (const frame of page.frames()) {
        await expectAccessible(frame);
        await expectNoSidewaysScroll(frame);
      }
    }
  });
});
