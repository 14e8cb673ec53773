import type { Page } from 'playwright-core';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { type Received, startWebhookReceiver, verified } from '../support/webhookReceiver.js';
import { describeInBrowser, expectAccessible } from './support/browser.js';
import { consoleForSuite } from './support/consoleForSuite.js';

const WEBHOOKS = 'otp.admin.v1.WebhookService';
/** Numbers, letters and markup that must be in the page as they were posted. */
const METADATA = '{"order":9007199254740991,"total":10.5,"note":"<b>café</b> & \\"tea\\""}';

describeInBrowser('webhooks with the console', () => {
  const { service, day, open } = consoleForSuite({ hours: 1 });
  // As fast as the machine: a delivery attempt does not time out where it is busy.
  beforeAll(() => day().clock.follow());

  const post = async (method: string, message: unknown) => {
    const { status, body } = await connectJson(service.baseUrl, service.liveKey)(method, message);
    expect(status, `${method} ${JSON.stringify(body)}`).toBe(200);
    return body;
  };

  /** An endpoint that takes one event of each session, and what opens the page about it. */
  async function createEndpoint({ status = 204, mode = 'MODE_LIVE' } = {}) {
    const receiver = await startWebhookReceiver();
    onTestFinished(() => receiver.close());
    receiver.respond(status);
    const { webhookEndpoint, secret } = await post(`${WEBHOOKS}/CreateWebhookEndpoint`, {
      webhookEndpoint: { url: `${receiver.url}/otp`, eventTypes: ['session.canceled'], mode },
    });
    const { id } = webhookEndpoint;
    onTestFinished(() => post(`${WEBHOOKS}/DeleteWebhookEndpoint`, { id, mode }));
    const path = `/webhooks/${id}${mode === 'MODE_TEST' ? '?mode=test' : ''}`;
    return {
      id: id as string,
      receiver,
      secret: secret as string,
      openPage: () => open(path),
      /** The n-th event that it got, once its result is stored: only then can the event be posted again. */
      async posted(n: number): Promise<Received> {
        const event = await eventually(() => receiver.received[n - 1]);
        await eventually(async () => {
          const { deliveries = [] } = await post(`${WEBHOOKS}/ListWebhookDeliveries`, { id, mode });
          return deliveries[0]?.attempts?.length >= n;
        });
        return event;
      },
    };
  }

  async function cancelSession(): Promise<string> {
    const send = `{"recipients":{"email":"webhook@example.com"},"metadata":${METADATA}}`;
    const { session } = await post('otp.v1.OtpService/Send', send);
    await post('otp.v1.OtpService/CancelSession', { sessionId: session.id });
    return session.id;
  }

  const act = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
  const eventCard = (page: Page) => page.getByRole('region', { name: 'Event', exact: true });
  async function shownBody(page: Page): Promise<string | null> {
    await act(page, 'Show body');
    await eventCard(page).getByText('Body, as it is signed and posted').waitFor();
    return eventCard(page).locator('.code pre').textContent();
  }

  it('shows the body of an event byte for byte as it was posted, and posts it again', async () => {
    const { secret, posted, openPage } = await createEndpoint();
    const sessionId = await cancelSession();
    const first = await posted(1);
    const page = await openPage();
    const row = page.getByRole('row').filter({ hasText: sessionId.slice(0, 18) });
    await row.getByText('204', { exact: true }).waitFor();
    expect(await shownBody(page)).toBe(first.body);
    expect(first.body).toContain(METADATA);
    expect(new URL(page.url()).searchParams.get('event')).toBe(first.id);
    await expectAccessible(page);

    await act(page, 'Post again…');
    await act(page, 'Post it');
    await page.getByText('The event is posted again.').waitFor();
    const second = await posted(2);
    await act(page, 'Replay…');
    await page.getByLabel('Events of').selectOption('24');
    await act(page, 'Replay');
    const third = await posted(3);
    await act(page, 'Replay…');
    await page.getByLabel('Or one event, by its id').fill(first.id);
    await act(page, 'Replay');
    const fourth = await posted(4);
    for (const again of [first, second, third, fourth]) {
      expect(again).toMatchObject({ id: first.id, body: first.body });
      verified(secret, again);
    }
    await row.getByRole('cell', { name: '4', exact: true }).waitFor();
  });

  it('posts an event that is pending now, and says so', async () => {
    const { id, receiver, posted, openPage } = await createEndpoint({ status: 500 });
    await cancelSession();
    const first = await posted(1);
    const page = await openPage();
    await page.getByText('500', { exact: true }).waitFor();
    expect(await shownBody(page)).toBe(first.body);
    // Some attempts later the next one is long away.
    const waitsOneMinute = async () => {
      const { deliveries } = await post(`${WEBHOOKS}/ListWebhookDeliveries`, { id });
      return Date.parse(deliveries[0].nextTryAt) - day().clock.now() > 60_000;
    };
    await eventually(async () => {
      if (await waitsOneMinute()) return true;
      day().clock.advance(5_000);
      return false;
    });
    receiver.respond(204);
    await act(page, 'Post again…');
    await act(page, 'Post it');
    await page.getByText('The event that was pending is posted now.').waitFor();
    const taken = await eventually(() => receiver.taken()[0]);
    expect(taken).toMatchObject({ id: first.id, body: first.body });
    await page.getByRole('region', { name: 'Attempts', exact: true }).getByText('204').first().waitFor();
    expect(receiver.taken()).toHaveLength(1);
  });

  it('posts an event again to an endpoint that was gone once it is switched on', async () => {
    const { receiver, posted, openPage } = await createEndpoint({ status: 410 });
    await cancelSession();
    const first = await posted(1);
    const page = await openPage();
    await page.getByRole('button', { name: 'Switch on…' }).waitFor();
    await act(page, 'Show body');
    await act(page, 'Post again…');
    await act(page, 'Post it');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('must be an endpoint that is not disabled').waitFor();
    await act(page, 'Cancel');
    expect(receiver.received).toHaveLength(1);

    receiver.respond(204);
    await act(page, 'Switch on…');
    await act(page, 'Switch it on');
    await page.getByRole('button', { name: 'Switch off…' }).waitFor();
    await act(page, 'Post again…');
    await act(page, 'Post it');
    expect(await posted(2)).toMatchObject({ id: first.id, body: first.body, status: 204 });
    await page.getByRole('region', { name: 'Attempts', exact: true }).getByText('204').first().waitFor();
  });

  it('triggers an event of a type at an endpoint of test mode, and shows the body that arrived', async () => {
    const { secret, posted, openPage } = await createEndpoint({ mode: 'MODE_TEST' });
    const page = await openPage();
    await act(page, 'Trigger…');
    await page.getByRole('dialog').getByRole('combobox').selectOption('session.locked');
    await act(page, 'Post it');
    await page.getByText('The event is posted, marked as a test.').waitFor();
    const arrived = await posted(1);
    expect(arrived.event).toMatchObject({ type: 'session.locked', data: { test: true } });
    verified(secret, arrived);
    expect(await shownBody(page)).toBe(arrived.body);
  });

  it('sends a test event, signed, and shows how the endpoint responded', async () => {
    const { receiver, secret, openPage } = await createEndpoint({ status: 503 });
    const page = await openPage();
    await act(page, 'Send test event');
    await act(page, 'Send it');
    await page.getByRole('dialog').getByText('503', { exact: true }).waitFor();
    expect(receiver.received.map(({ event }) => event.type)).toEqual(['webhook.test']);
    verified(secret, receiver.received[0]!);
  });

  it('says that an event is not known', async () => {
    const page = await open('/webhooks?event=01b92571-ea00-7680-9141-a7e17e33e7c6');
    await eventCard(page).getByRole('alert').waitFor();
  });
});
