import type { BrowserContextOptions, Page } from 'playwright-core';
import { connectJson } from '../../test/support/connectJson.js';
import type { TestService } from '../../test/support/service.js';
import { PERSON } from './furnish.js';

/** What a picture is taken of. */
export interface Places {
  readonly service: Pick<TestService<never>, 'baseUrl' | 'liveKey' | 'inboxToken'>;
  /** URL of the example shop. */
  readonly shop: string;
  /** A service with a day of traffic behind it. */
  readonly busy: Pick<TestService<never>, 'baseUrl' | 'liveKey'>;
}

/** One picture: `docs/pictures/<name>.png`. */
export interface Picture {
  readonly name: string;
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly options?: BrowserContextOptions;
  /** Brings the page into the state that is shown. */
  readonly visit: (page: Page, places: Places) => Promise<void>;
}

const begin = (action: string) => async (page: Page, shop: string, more: Record<string, string>) => {
  await page.goto(shop);
  const form = page.locator(`form[action="${action}"]`);
  await form.evaluate((element, fields) => {
    for (const [name, value] of Object.entries(fields)) {
      const known = element.querySelector<HTMLInputElement>(`[name=${name}]`);
      const input = known ?? Object.assign(document.createElement('input'), { name, type: 'hidden' });
      input.value = value;
      if (!known) element.append(input);
    }
  }, more);
  await form.getByRole('button').click();
};
const signIn = begin('/sign-in');
const pay = begin('/basket');

const counting = (page: Page) => page.locator('#countdown', { hasText: /\d:\d\d/ }).waitFor();

/** A page of the console, signed in, once the text is there. */
const inConsole =
  (path: string, text: string, then: (page: Page) => Promise<unknown> = async () => {}) =>
  async (page: Page, { busy }: Places) => {
    await page.goto(`${busy.baseUrl}/console${path}`);
    await page.getByLabel('API key').fill(busy.liveKey);
    await page.keyboard.press('Enter');
    await page.getByText(text).locator('visible=true').first().waitFor();
    await then(page);
    // Skeletons are replaced, and what moves has arrived.
    await page.waitForLoadState('networkidle');
  };
const desk = { width: 1440, height: 900 };

/** A page of the console as it is when nothing is chosen on it. */
const consolePage = (name: string, path: string, text: string): Picture => ({
  name: `console-${name}`,
  width: 1280,
  height: 720,
  options: { deviceScaleFactor: 1 },
  visit: inConsole(`${path}${path.includes('?') ? '&' : '?'}live=off`, text),
});

/** Recipients of the messages in the inbox. */
const INBOX = [
  { sms: '+573001112233' },
  { email: 'maria@example.com' },
  { whatsapp: '+573001112299' },
  { sms: '+447700900123' },
  { email: 'you@example.com' },
];

/** Every picture of the documentation. */
export const PICTURES: readonly Picture[] = [
  {
    name: 'landing',
    width: 1200,
    height: 860,
    async visit(page, { service }) {
      await page.goto(service.baseUrl);
    },
  },
  {
    name: 'inbox',
    width: 1200,
    height: 560,
    async visit(page, { service }) {
      const send = connectJson(service.baseUrl, service.liveKey);
      for (const recipients of INBOX) await send('otp.v1.OtpService/Send', { recipients });
      await page.goto(`${service.baseUrl}/inbox#t=${service.inboxToken}`);
      await page.getByText(`${INBOX.length} messages, live`).waitFor();
    },
  },
  {
    name: 'verification-page',
    width: 480,
    height: 620,
    async visit(page, { shop }) {
      await signIn(page, shop, { recipient: '+573001112201' });
      await counting(page);
      await page.keyboard.type('71');
    },
  },
  {
    name: 'verification-page-wrong-code',
    width: 480,
    height: 620,
    async visit(page, { shop }) {
      await signIn(page, shop, { recipient: '+573001112202', locale: 'es' });
      await counting(page);
      await page.keyboard.type('000000');
      await page.getByText('Ese no es el código').waitFor();
    },
  },
  {
    name: 'verification-page-arabic',
    width: 360,
    height: 640,
    options: { colorScheme: 'dark' },
    async visit(page, { shop }) {
      await signIn(page, shop, { recipient: '+573001112203', locale: 'ar' });
      await counting(page);
    },
  },
  {
    name: 'element-in-a-shop',
    width: 720,
    height: 760,
    async visit(page, { shop }) {
      const framed = page.waitForEvent('framenavigated', (frame) => frame.url().includes('/v/'));
      await pay(page, shop, { recipient: '+573001112204' });
      const frame = await framed;
      await frame.locator('#countdown', { hasText: /\d:\d\d/ }).waitFor();
    },
  },
  {
    name: 'console-sessions',
    ...desk,
    visit: inConsole('/sessions?live=off', '+57'),
  },
  {
    name: 'console-session',
    ...desk,
    visit: inConsole('/sessions?live=off', '+57', async (page) => {
      await page.getByRole('row').nth(1).click();
      await page.getByText('Timeline').first().waitFor();
    }),
  },
  {
    name: 'console-analytics',
    ...desk,
    visit: inConsole('/analytics?live=off', 'From asked to approved'),
  },
  {
    name: 'console-providers',
    ...desk,
    visit: inConsole('/providers?live=off', 'Not configured: '),
  },
  {
    name: 'console-limits',
    ...desk,
    visit: inConsole('/limits', 'recipient-daily'),
  },
  {
    name: 'console-fraud',
    ...desk,
    visit: inConsole('/fraud?live=off', 'Blocked countries'),
  },
  {
    name: 'portal',
    ...desk,
    visit: async (page, { busy }) => {
      const call = connectJson(busy.baseUrl, busy.liveKey);
      const { body } = await call('otp.admin.v1.WebhookService/CreateWebhookEndpoint', {
        webhookEndpoint: { url: 'https://shop.example.com/hooks/otp', description: 'Orders' },
      });
      const { body: link } = await call('otp.admin.v1.WebhookService/CreatePortalLink', {});
      await page.goto(link.url);
      await page.getByText('Orders').waitFor();
      await page.goto(`${busy.baseUrl}/portal/webhooks/${body.webhookEndpoint.id}`);
      await page.getByText('Send test event').waitFor();
      await page.waitForLoadState('networkidle');
    },
  },
  {
    name: 'console-configuration',
    ...desk,
    visit: inConsole('/configuration', 'Nothing is compared yet', async (page) => {
      await page.getByRole('button', { name: 'Load the present one' }).click();
      const area = page.getByLabel('JSON');
      await area.waitFor();
      const text = await area.evaluate(async (element: HTMLTextAreaElement) => {
        while (!element.value) await new Promise((resolve) => requestAnimationFrame(resolve));
        return element.value.replace('"GB"', '"GB", "KP"');
      });
      await area.fill(text);
      await page.getByRole('button', { name: 'Show what would change' }).click();
      await page.locator('.changes').waitFor();
    }),
  },
  consolePage('overview', '', 'Lowest conversion'),
  {
    ...consolePage('recipient', '/recipients', ''),
    visit: inConsole('/sessions?live=off', '+57', async (page) => {
      await page.keyboard.press('Control+k');
      await page.keyboard.type(PERSON);
      await page.keyboard.press('Enter');
      await page.getByRole('region', { name: 'Diagnosis' }).waitFor();
    }),
  },
  consolePage('audit', '/audit', 'UpdateWallet'),
  consolePage('templates', '/templates', 'Seu código'),
  consolePage('senders', '/senders', 'ACME'),
  consolePage('webhooks', '/webhooks', 'Customer records'),
  consolePage('keys', '/keys', 'Fraud team'),
  consolePage('sponsors', '/sponsors', 'Acme Insurance'),
  consolePage('contacts', '/contacts', 'Contacts'),
  consolePage('wallet', '/wallet', 'Ledger'),
  consolePage('jobs', '/jobs?workspace=-', 'Scheduled'),
  consolePage('workspace', '/workspace', 'Settings'),
];
