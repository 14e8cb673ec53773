import { expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { describeInBrowser, expectAccessible } from './support/browser.js';
import { consoleForSuite } from './support/consoleForSuite.js';

const EVENT = {
  id: 'whe_01a218cc',
  type: 'session.approved',
  at: '2026-03-04T10:02:41Z',
  sessionId: '01a218cc-0000-7000-8000-000000000001',
  body: '{"type":"session.approved",  "data":{"purpose":"payment"}}',
};

describeInBrowser('webhooks with the console', () => {
  const { service, open } = consoleForSuite({ hours: 1 });

  it('shows the body of an event byte for byte, and posts it again to the endpoint', async () => {
    const call = connectJson(service.baseUrl, service.liveKey);
    const { body } = await call('otp.admin.v1.WebhookService/CreateWebhookEndpoint', {
      webhookEndpoint: { url: 'https://hooks.example.com/otp' },
    });
    const { id } = body.webhookEndpoint;
    const page = await open('/webhooks');
    const methods = '**/otp.admin.v1.WebhookService';
    await page.route(`${methods}/ListWebhookDeliveries`, (route) =>
      route.fulfill({
        json: {
          deliveries: [
            {
              sessionId: EVENT.sessionId,
              attempts: [{ eventId: EVENT.id, eventType: EVENT.type, statusCode: 500, at: EVENT.at }],
            },
          ],
        },
      }),
    );
    const asked: unknown[] = [];
    await page.route(`${methods}/GetWebhookEvent`, (route) => {
      asked.push(route.request().postDataJSON());
      return route.fulfill({ json: { event: EVENT } });
    });
    await page.route(`${methods}/ReplayWebhookEvents`, (route) => {
      asked.push(route.request().postDataJSON());
      return route.fulfill({ json: { replayed: 1 } });
    });
    await page.goto(`${service.baseUrl}/console/webhooks/${id}`);
    await page.getByRole('button', { name: 'Show body' }).click();
    await page.waitForURL(/event=whe_01a218cc/);
    const card = page.getByRole('region', { name: 'Event', exact: true });
    await card.getByText('Body, as it is signed and posted').waitFor();
    expect(await card.locator('.code pre').textContent()).toBe(EVENT.body);
    await expectAccessible(page);

    await card.getByRole('button', { name: 'Post again…' }).click();
    await page.getByRole('button', { name: 'Post it', exact: true }).click();
    await page.getByText('The event is posted again.').waitFor();
    expect(asked[0]).toMatchObject({ eventId: EVENT.id });
    expect(asked.at(-1)).toMatchObject({ id, eventId: EVENT.id });
  });

  it('triggers an event of a type at an endpoint of test mode', async () => {
    const call = connectJson(service.baseUrl, service.liveKey);
    const { body } = await call('otp.admin.v1.WebhookService/CreateWebhookEndpoint', {
      webhookEndpoint: { url: 'https://hooks.example.com/otp', mode: 'MODE_TEST' },
    });
    const page = await open(`/webhooks/${body.webhookEndpoint.id}?mode=test`);
    await page.getByRole('button', { name: 'Trigger…' }).click();
    await page.getByRole('dialog').getByRole('combobox').selectOption('session.locked');
    await page.getByRole('button', { name: 'Post it', exact: true }).click();
    await page.getByText('The event is posted, marked as a test.').waitFor();
  });

  it('says that an event is not known', async () => {
    const page = await open('/webhooks?event=whe_nothing');
    const card = page.getByRole('region', { name: 'Event', exact: true });
    await card.getByRole('alert').waitFor();
  });
});
