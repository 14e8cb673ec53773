import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { describeInBrowser, expectAccessible } from './support/browser.js';
import { consoleForSuite } from './support/consoleForSuite.js';

const LIST = '**/otp.admin.v1.SessionService/ListSessions';

/** Responds to a list of sessions in place of the service. */
const respond = (page: Page, status: number, body: unknown, headers: Record<string, string> = {}) =>
  page.route(LIST, (route) => route.fulfill({ status, headers, json: body }));

const row = (name: string) => ({
  session: { id: '01a218cc-0000-7000-8000-000000000001', status: 'SESSION_STATUS_PENDING', purpose: name },
});

describeInBrowser('the states of a page of the console', () => {
  const { browser, service, open } = consoleForSuite({ hours: 1 });

  it('shows a skeleton while it loads, and then the rows', async () => {
    const page = await open('/limits');
    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    await page.route(LIST, async (route) => {
      await held;
      await route.fulfill({ json: { sessions: [row('payment')] } });
    });
    await page.getByRole('link', { name: 'Sessions', exact: true }).click();
    await page.locator('[aria-busy=true]').first().waitFor();
    await expectAccessible(page);
    go();
    await page.getByText('Pending').first().waitFor();
  });

  it('says what it is, why it may be empty and what fills it; filtered, that a filter may be the reason', async () => {
    const page = await open('/limits');
    await respond(page, 200, { sessions: [] });
    await page.getByRole('link', { name: 'Sessions', exact: true }).click();
    await page.getByText('No sessions in this time').waitFor();
    await expectAccessible(page);
    await page.goto(`${service.baseUrl}/console/sessions?status=approved&live=off`);
    await page
      .getByText(/filter/i)
      .locator('visible=true')
      .first()
      .waitFor();
    await expectAccessible(page);
  });

  it('shows the message and the request id of an error, and tries again', async () => {
    const page = await open('/limits');
    await respond(
      page,
      503,
      { code: 'unavailable', message: 'the store does not respond' },
      { 'x-request-id': 'req-12345' },
    );
    await page.getByRole('link', { name: 'Sessions', exact: true }).click();
    const alert = page.getByRole('alert').filter({ hasText: 'the store does not respond' }).first();
    await alert.waitFor();
    expect(await alert.innerText()).toContain('req-12345');
    await expectAccessible(page);
    // The browser logs a failed request as well.
    for (const fault of browser.takeFaults()) expect(fault).toContain('status of 503');
    await page.unroute(LIST);
    await respond(page, 200, { sessions: [row('payment')] });
    await alert.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Pending').first().waitFor();
  });

  it('copies calls as curl that the service responds to as to the console', async () => {
    const page = await open('/webhooks');
    const call = connectJson(service.baseUrl, service.liveKey);
    const { body } = await call('otp.admin.v1.WebhookService/CreateWebhookEndpoint', {
      webhookEndpoint: { url: 'https://hooks.example.com/otp', description: "it's ours" },
    });
    const { id } = body.webhookEndpoint;
    await page.goto(`${service.baseUrl}/console/webhooks/${id}`);
    await page.getByRole('tab', { name: 'JSON' }).first().click();
    const shown = JSON.parse(await page.locator('.code pre').first().innerText());
    expect(shown).toMatchObject({ id, description: "it's ours" });

    await page.getByRole('tab', { name: 'curl', exact: true }).first().click();
    const curl = await page.locator('.code pre').first().innerText();
    expect(curl).not.toContain(service.liveKey);
    const [, method, data] = /^curl \S+?\/(otp\.[\w.]+\/\w+) [\s\S]*-d '(.*)'$/.exec(curl) ?? [];
    const copied = await call(method ?? '', JSON.parse(data ?? ''));
    expect(copied.body.webhookEndpoint).toMatchObject({ id });

    await page.getByRole('tab', { name: 'buf curl' }).first().click();
    const bufCurl = await page.locator('.code pre').first().innerText();
    expect(bufCurl).toMatch(/^buf curl --protocol connect /);
    expect(bufCurl.endsWith(`${service.baseUrl}/${method}`)).toBe(true);
  });

  it('saves as CSV what the table shows: numbers masked, formulas as text', async () => {
    const page = await open('/limits');
    await respond(page, 200, {
      sessions: [
        {
          session: {
            id: '01a218cc-0000-7000-8000-000000000001',
            status: 'SESSION_STATUS_PENDING',
            purpose: '=cmd|x',
            recipients: [],
          },
        },
      ],
    });
    await page.getByRole('link', { name: 'Sessions', exact: true }).click();
    await page.getByText('Pending').first().waitFor();
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'CSV' }).click();
    const text = await readFile(await (await saved).path(), 'utf8');
    const [head, first] = text.split('\r\n');
    expect(head).toContain('Status');
    expect(first).toContain('Pending');
    expect(first).not.toMatch(/(^|,)=/);
    expect(first).not.toMatch(/\+\d{9,}/);
  });
});
