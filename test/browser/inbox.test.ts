import type { BrowserContextOptions, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { systemClock } from '../../server/platform/clock.js';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { describeInBrowser, expectAccessible, expectNoSidewaysScroll, LOOKS } from './support/browser.js';
import { servedScreensForSuite } from './support/servedScreensForSuite.js';

const INBOX = 'otp.admin.v1.InboxService';

describeInBrowser('the inbox', () => {
  const { browser, service } = servedScreensForSuite({ clock: systemClock });
  const inbox = (method: string, request: object) =>
    connectJson(service.baseUrl, service.inboxToken)(`${INBOX}/${method}`, request);
  /** Sends a code and waits until it is there. */
  const send = async (recipients: Readonly<Record<string, string>>): Promise<string> => {
    await connectJson(service.baseUrl, service.liveKey)('otp.v1.OtpService/Send', { recipients });
    const [recipient] = Object.values(recipients);
    return (await inbox('GetLastCode', { recipient, wait: '20s' })).body.code;
  };
  const open = async (options?: BrowserContextOptions): Promise<Page> => {
    const page = await browser.newPage(options);
    await page.goto(`${service.baseUrl}/inbox#t=${service.inboxToken}`);
    await page.getByText(/\d messages?, live/).waitFor();
    return page;
  };
  const row = (page: Page, to: string) => page.locator('.message-row', { hasText: to });
  const spaced = (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`;

  it('asks for the token where the link has none, and says when it is another one', async () => {
    const page = await browser.newPage();
    await page.goto(`${service.baseUrl}/inbox`);
    await page.getByLabel('Inbox token').fill('not-the-token-of-this-inbox');
    await page.keyboard.press('Enter');
    await page.getByText('This is not the token of this inbox.').waitFor();
    await expectAccessible(page);
    await page.getByLabel('Inbox token').fill(service.inboxToken);
    await page.keyboard.press('Enter');
    await page.getByText(/live/).waitFor();
  });

  it('takes the token out of the link: it is in no request line, history entry, cookie or lasting storage', async () => {
    const lines: string[] = [];
    const page = await browser.newPage();
    page.on('request', (request) => lines.push(`${request.url()} ${request.headers().referer ?? ''}`));
    await page.goto(`${service.baseUrl}/inbox#t=${service.inboxToken}`);
    await page.getByText(/live/).waitFor();
    const kept = await page.evaluate(() => ({
      session: Object.keys(sessionStorage),
      local: Object.keys(localStorage),
      cookies: document.cookie,
      url: location.href,
    }));
    expect(kept).toEqual({
      session: ['countersign.inbox-token'],
      local: [],
      cookies: '',
      url: `${service.baseUrl}/inbox`,
    });
    expect(lines.join(' ')).not.toContain(service.inboxToken);
    expect(service.logged()).not.toContain(service.inboxToken);
    await page.reload();
    await page.getByText(/live/).waitFor();
  });

  it('shows a message as it arrives, and copies its code', async () => {
    const page = await open({ permissions: ['clipboard-read', 'clipboard-write'] });
    const code = await send({ sms: '+573005550301' });
    await row(page, '+573005550301').getByText(spaced(code)).waitFor();
    await page.keyboard.press('c');
    await eventually(async () => (await page.evaluate(() => navigator.clipboard.readText())) === code);
    await row(page, '+573005550301').locator('.message-open').click();
    await page.locator('.bubble mark', { hasText: code }).waitFor();
  });

  it('searches and filters, and says how to see all again', async () => {
    await send({ email: 'findable@example.com' });
    const page = await open();
    await page.keyboard.press('/');
    await page.keyboard.type('findable@');
    await eventually(async () => (await page.locator('.message-row').count()) === 1);
    await page.keyboard.type('nothing');
    await page.getByText('No message matches').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await row(page, 'findable@example.com').waitFor();
    await page.getByLabel('Channel').selectOption({ label: 'WhatsApp' });
    await page.getByText('No message matches').waitFor();
    expect(page.url()).not.toContain('findable');
  });

  it('is used by keyboard: j and k move, arrows change the part', async () => {
    await send({ email: 'older@example.com' });
    await send({ email: 'newest@example.com' });
    const page = await open();
    await row(page, 'newest@example.com').waitFor();
    await page.keyboard.press('j');
    await page.locator('.message-row.on', { hasText: 'older@example.com' }).waitFor();
    await page.keyboard.press('k');
    await page.locator('.message-row.on', { hasText: 'newest@example.com' }).waitFor();
    await page.getByRole('tab', { name: 'Text' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.getByText('Auto-Submitted: auto-generated').waitFor();
  });

  it('shows HTML in a frame where a hostile message runs and loads nothing', async () => {
    // A request that the policy stops is reported as one; only what is not stopped gets a response.
    const called: string[] = [];
    const template = {
      key: 'otp-email',
      locale: 'en',
      subject: 'Hostile',
      text: '{{ code }}',
      html: `<p id="seen">{{ code }}</p>
        <script>top.location = '/stolen'; fetch('/stolen')</script>
        <img src="/stolen.png" onerror="fetch('/stolen')">
        <link rel="stylesheet" href="/stolen.css"><form action="/stolen"><button>Send</button></form>`,
    };
    const api = connectJson(service.baseUrl, service.liveKey);
    const made = await api('otp.admin.v1.TemplateService/CreateTemplate', { template });
    expect(made.status, JSON.stringify(made.body)).toBe(200);
    const code = await send({ email: 'hostile@example.com' });
    const page = await open();
    page.on('response', (response) => called.push(response.url()));
    await row(page, 'hostile@example.com').locator('.message-open').click();
    await page.getByRole('tab', { name: 'HTML' }).click();
    const frame = page.frameLocator('iframe');
    await frame.locator('#seen', { hasText: code }).waitFor();
    expect(called.filter((url) => url.includes('stolen'))).toEqual([]);
    expect(await page.locator('iframe').evaluate((one) => (one as HTMLIFrameElement).contentDocument)).toBe(
      null,
    );
    // The browser reports what the policy refused.
    const refusals = browser.takeFaults();
    expect(refusals.filter((text) => !/sandboxed|Content Security Policy/.test(text))).toEqual([]);
    await api('otp.admin.v1.TemplateService/DeleteTemplate', { key: 'otp-email', locale: 'en' });
  });

  it('simulates faults, says so while they last, and takes them back', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Faults' }).click();
    const sms = page.getByRole('group', { name: 'SMS' });
    await sms.getByLabel('Refused, %').fill('60');
    await sms.getByLabel('Lost, %').fill('60');
    await page.getByRole('button', { name: 'Simulate' }).click();
    await page.getByRole('alert').first().waitFor();
    await expectAccessible(page);
    await sms.getByLabel('Lost, %').fill('40');
    await sms.getByLabel('With').selectOption('30003');
    await page.getByRole('button', { name: 'Simulate' }).click();
    await page.getByText('Faults are simulated').waitFor();
    const { body } = await inbox('GetChaos', {});
    expect(
      body.chaos.channels.find((one: { channel: string }) => one.channel === 'CHANNEL_SMS'),
    ).toMatchObject({ refusePercent: 60, dropPercent: 40, vendorCode: '30003' });
    await inbox('UpdateChaos', { chaos: {} });
  });

  it('deletes after a question, and shows what fills it when nothing is left', async () => {
    await send({ email: 'deleted@example.com' });
    const page = await open();
    await row(page, 'deleted@example.com').first().waitFor();
    await page.getByRole('button', { name: 'Delete all', exact: true }).click();
    // The dialog is open when its element is there, so that no key is lost.
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    await row(page, 'deleted@example.com').first().waitFor();
    await page.getByRole('button', { name: 'Delete all', exact: true }).click();
    await page.getByRole('button', { name: 'Delete all messages' }).click();
    await page.getByText('Nothing has arrived yet').waitFor();
    await expectAccessible(page);
  });

  it('keeps what it shows while the service does not respond', async () => {
    await send({ email: 'kept@example.com' });
    const page = await open();
    await row(page, 'kept@example.com').waitFor();
    await page.route('**/ListInboxMessages', (route) => route.abort());
    await page.keyboard.press('/');
    await page.keyboard.type('k');
    await page.getByRole('alert').waitFor();
    await row(page, 'kept@example.com').waitFor();
    await page.unroute('**/ListInboxMessages');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    browser.takeFaults();
  });

  it.each(LOOKS)('is accessible, $colorScheme, $width px wide', async ({ colorScheme, ...viewport }) => {
    await send({ email: 'a.person.with.a.long.address@subdomain.example.com' });
    const page = await open({ colorScheme, viewport });
    await page.locator('.message-row').first().waitFor();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    for (const tab of ['HTML', 'Source']) {
      await page.getByRole('tab', { name: tab }).click();
      await page.getByRole('tabpanel').waitFor();
      await expectNoSidewaysScroll(page);
    }
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Faults' }).click();
    await page.getByRole('group', { name: 'SMS' }).waitFor();
    await expectAccessible(page);
  });
});
