import { beforeAll, expect, it } from 'vitest';
import type { Provider } from '../../server/delivery/provider.js';
import { systemClock } from '../../server/platform/clock.js';
import { connectJson } from '../support/connectJson.js';
import { describeInBrowser, expectAccessible } from './support/browser.js';
import { servedScreensForSuite } from './support/servedScreensForSuite.js';
import { codeTo, someone } from './support/visits.js';

/** A vendor that refuses every message for good. */
const refusing: Provider = {
  name: 'refusing',
  channels: ['sms'],
  timeoutMs: 1_000,
  send: async () => ({ kind: 'failed', error: 'WRONG_RECIPIENT' }),
  close: async () => {},
};

describeInBrowser('what the verification page shows of messages', () => {
  const { browser, service } = servedScreensForSuite({
    clock: systemClock,
    overrides: { providers: { sms: refusing } },
  });
  beforeAll(async () => {
    await connectJson(service.baseUrl, service.liveKey)('otp.admin.v1.WorkspaceService/UpdateWorkspace', {
      workspace: { returnUrls: ['https://shop.example/'] },
      updateMask: 'returnUrls',
    });
  });
  const visit = async (send: object) => {
    const page = await browser.newPage();
    const { body } = await connectJson(service.baseUrl, service.liveKey)(
      'otp.v1.VerificationPageService/CreateVerificationPage',
      { send, returnUrl: 'https://shop.example/back' },
    );
    await page.goto(body.url);
    await page.locator('#countdown', { hasText: /\d:\d\d/ }).waitFor();
    return page;
  };

  it('says at once that a message could not be delivered', async () => {
    const page = await visit({ recipients: { sms: someone() } });
    await page.getByText('could not be delivered').waitFor();
    await expectAccessible(page);
  });

  it('asks for one code after the other where all channels are required', async () => {
    const email = `both.${someone().slice(1)}@example.com`;
    const whatsapp = someone();
    const page = await visit({ recipients: { email, whatsapp } });
    await page.getByText('1 of 2').waitFor();
    await page.locator('#code:focus').waitFor();
    await page.keyboard.type(await codeTo(service, email));
    await page.getByText('2 of 2').waitFor();
    expect(await page.locator('#to').textContent()).toContain(whatsapp.slice(-2));
    const back = page.waitForRequest((request) => request.url().startsWith('https://shop.example/back'));
    await page.route('https://shop.example/**', (route) => route.fulfill({ body: 'back' }));
    await page.keyboard.type(await codeTo(service, whatsapp));
    expect(new URL((await back).url()).searchParams.has('session_id')).toBe(true);
  });

  it('takes the code of another channel where any is enough, and asks for the one that was delivered', async () => {
    const email = `any.${someone().slice(1)}@example.com`;
    const page = await visit({
      recipients: { email, sms: someone() },
      policy: { strategy: 'STRATEGY_ANY' },
    });
    // The text message failed: it is offered to be sent again, and the e-mail's code is asked for.
    await page.getByRole('button', { name: 'Send it by text message' }).waitFor();
    expect(await page.locator('#to').textContent()).toContain('@');
    await expectAccessible(page);
  });
});
