import { beforeAll, expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { describeInBrowser, expectAccessible, expectNoSidewaysScroll, LOOKS } from './support/browser.js';
import { consoleForSuite } from './support/consoleForSuite.js';

/** Every page by its path, with what stands on it once it is loaded. */
const PAGES: readonly (readonly [path: string, text: string | RegExp])[] = [
  ['', 'Lowest conversion'],
  ['/sessions', '+57'],
  ['/recipients', 'No rules'],
  ['/analytics', 'From asked to approved'],
  ['/fraud', 'Blocked countries'],
  ['/limits', 'recipient-daily'],
  ['/audit', 'UpdateGuard'],
  ['/providers', 'Not configured: '],
  ['/templates', 'Every message has the built-in words'],
  ['/templates/otp-sms/es', 'es tu clave'],
  ['/templates/otp-email/en', 'Subject'],
  ['/senders', 'No senders'],
  ['/webhooks', 'hooks.example.com'],
  ['/keys', 'first live key'],
  ['/sponsors', 'Acme Insurance'],
  ['/sponsors/acme', 'No beneficiaries'],
  ['/contacts', 'No contacts'],
  ['/wallet', 'Ledger'],
  ['/jobs', 'No jobs'],
  ['/workspace', 'Settings'],
  ['/configuration', 'Nothing is compared yet'],
];

describeInBrowser('the pages of the console', () => {
  const { service, day, open } = consoleForSuite();

  beforeAll(async () => {
    await day().seed(service);
    const call = connectJson(service.baseUrl, service.liveKey);
    const made = await Promise.all([
      call('otp.admin.v1.WebhookService/CreateWebhookEndpoint', {
        webhookEndpoint: { url: 'https://hooks.example.com/otp' },
      }),
      call('otp.admin.v1.SponsorService/CreateSponsor', {
        sponsor: { slug: 'acme', displayName: 'Acme Insurance', channels: ['CHANNEL_SMS'] },
      }),
    ]);
    expect(made.map(({ status }) => status)).toEqual([200, 200]);
  });

  /** Few pages a test, so that none takes long on a busy machine. */
  const groups = Array.from({ length: Math.ceil(PAGES.length / 4) }, (_, at) =>
    PAGES.slice(at * 4, at * 4 + 4),
  ).map((pages) => [pages.map(([path]) => path || '/').join(' '), pages] as const);

  it.each(groups)('%s are accessible and fit, light and dark, 360 and 1600 px wide', async (_, pages) => {
    const page = await open('');
    for (const [path, text] of pages) {
      await page.goto(`${service.baseUrl}/console${path}?live=off`);
      await page.getByText(text).locator('visible=true').first().waitFor();
      for (const { colorScheme, ...viewport } of LOOKS) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        await expectNoSidewaysScroll(page);
        // Each theme and each width once: axe takes a second, and their effects are independent.
        if ((colorScheme === 'light') === (viewport.width === 1600)) await expectAccessible(page);
      }
    }
  });
});
