import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { startWebhookReceiver, verified } from '../support/webhookReceiver.js';
import { describeInBrowser, expectAccessible, expectNoSidewaysScroll, LOOKS } from './support/browser.js';
import { consoleForSuite } from './support/consoleForSuite.js';

describeInBrowser('the portal', () => {
  const { service, browser, open, day } = consoleForSuite({ hours: 1 });
  // With the machine's time, so that a post on a busy machine has the time that it may take.
  beforeAll(() => day().clock.follow());

  async function linkTo(message: object = {}): Promise<string> {
    const call = connectJson(service.baseUrl, service.liveKey);
    const { body } = await call('otp.admin.v1.WebhookService/CreatePortalLink', message);
    return body.url as string;
  }
  async function opened(message: object = {}, options: Parameters<typeof browser.newPage>[0] = {}) {
    const page = await browser.newPage(options);
    await page.goto(await linkTo(message));
    await page.getByRole('heading', { name: 'Webhooks' }).waitFor();
    return page;
  }
  const act = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true }).click();

  it('makes an endpoint, posts to it, shows the body as posted, and posts it again', async () => {
    const receiver = await startWebhookReceiver();
    try {
      const page = await opened();
      await act(page, 'New endpoint…');
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('URL').fill(`${receiver.url}/orders`);
      await act(page, 'Create the endpoint');
      const secret = (await dialog.locator('.secret output').textContent()) ?? '';
      await act(page, 'Done');
      await page.getByRole('link', { name: `${receiver.url}/orders` }).click();

      await act(page, 'Send test event');
      await act(page, 'Send it');
      await dialog.getByText('204').waitFor();
      await act(page, 'Done');
      verified(secret, receiver.received[0]!);

      const call = connectJson(service.baseUrl, service.liveKey);
      const { body } = await call('otp.v1.OtpService/Send', { recipients: { email: 'portal@example.com' } });
      await call('otp.v1.OtpService/CancelSession', { sessionId: body.session.id });
      const canceled = () => receiver.received.filter(({ event }) => event.type === 'session.canceled');
      await eventually(() => canceled().length === 1);
      const row = page.getByRole('row').filter({ hasText: body.session.id.slice(0, 18) });
      // Of the session there is no page here, as there is in the console.
      expect(await row.getByRole('link').count()).toBe(0);
      await row.getByRole('button', { name: 'Show body' }).click();
      // Both of its events, each of which can be looked at.
      const attempts = page.getByRole('region', { name: 'Attempts', exact: true }).getByRole('listitem');
      await attempts
        .filter({ hasText: 'session.canceled' })
        .getByRole('button', { name: 'Show body' })
        .click();
      const card = page.getByRole('region', { name: 'Event', exact: true });
      await card.getByText('Body, as it is signed and posted').waitFor();
      const shown = await card.locator('.code pre').textContent();
      expect(receiver.received.map((one) => one.body)).toContain(shown);
      await expectAccessible(page);

      const before = receiver.received.length;
      await act(page, 'Post again…');
      await act(page, 'Post it');
      await eventually(() => receiver.received.length > before);
      expect(receiver.received.at(-1)!.body).toBe(shown);
    } finally {
      await receiver.close();
    }
  });

  it('keeps its key out of the URL, of storage and of every request line', async () => {
    const page = await browser.newPage();
    const lines: string[] = [];
    page.on('request', (request) => lines.push(request.url(), request.headers().referer ?? ''));
    const link = await linkTo();
    const key = link.split('#t=')[1]!;
    await page.goto(link);
    await page.getByRole('heading', { name: 'Webhooks' }).waitFor();
    expect(page.url()).toBe(`${service.baseUrl}/portal`);
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, history.state]),
    );
    for (const text of [...lines.filter((line) => line !== link), kept]) expect(text).not.toContain(key);
    // What the tab keeps is a token, by which it is there again after a reload.
    await page.reload();
    await page.getByRole('heading', { name: 'Webhooks' }).waitFor();
  });

  it('has no page but those of webhooks, and says so where a link does not work', async () => {
    const page = await opened();
    expect(await page.getByRole('navigation').count()).toBe(0);
    await page.goto(`${service.baseUrl}/portal/sessions`);
    await page.getByText('There is no such page').waitFor();
    const stranger = await browser.newPage();
    await stranger.goto(`${service.baseUrl}/portal#t=sk_otp_live_${'x'.repeat(43)}`);
    await stranger.getByRole('heading', { name: 'This link does not work any more' }).waitFor();
    await expectAccessible(stranger);
    expect(stranger.url()).toBe(`${service.baseUrl}/portal`);
  });

  it('opens another link in the same tab, and shows nothing of the one before where that does not work', async () => {
    const page = await opened();
    const call = connectJson(service.baseUrl, service.liveKey);
    await call('otp.admin.v1.WorkspaceService/CreateWorkspace', { workspace: { name: 'other-shop' } });
    await page.goto(await linkTo({ workspace: 'other-shop' }));
    await page.getByText('other-shop').waitFor();
    expect(page.url()).toBe(`${service.baseUrl}/portal`);
    await page.goto(`${service.baseUrl}/portal#t=sk_otp_live_${'x'.repeat(43)}`);
    await page.getByRole('heading', { name: 'This link does not work any more' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'This link does not work any more' }).waitFor();
  });

  it('offers nothing that changes where it is read-only', async () => {
    const page = await opened({ readOnly: true });
    await page.getByText('read-only', { exact: true }).waitFor();
    const create = page.getByRole('button', { name: 'New endpoint…' });
    expect(await create.getAttribute('aria-disabled')).toBe('true');
  });

  it.each(LOOKS)(
    'is accessible and fits, $colorScheme, $width px',
    async ({ colorScheme, width, height }) => {
      const page = await opened({ mode: 'MODE_TEST' }, { colorScheme, viewport: { width, height } });
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
    },
  );

  it('is linked to from the console, with the link shown once', async () => {
    const page = await open('/webhooks');
    await act(page, 'Portal link…');
    await page.getByRole('dialog').getByRole('combobox').selectOption('15');
    await act(page, 'Make the link');
    const link = (await page.locator('.secret output').textContent()) ?? '';
    expect(link).toMatch(/\/portal#t=sk_otp_live_[\w-]{43}$/);
    await expectAccessible(page);
    const portal = await browser.newPage();
    await portal.goto(link);
    await portal.getByText('The link works until').waitFor();
  });
});
