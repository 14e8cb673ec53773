import { expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { describeInBrowser, expectAccessible, expectNoSidewaysScroll } from './support/browser.js';
import { shopForSuite } from './support/shopForSuite.js';
import { codeTo, expectNoToken, someone, submit, visitFrame, wrongOf } from './support/visits.js';

/** Keeps the events of the element and the messages of the window, where a test reads them. */
const LISTEN = () => {
  const kept = { events: [] as string[], messages: [] as { origin: string; type: string }[] };
  Object.assign(globalThis, { kept });
  for (const type of ['ready', 'verified', 'ended', 'cancelled'])
    document.addEventListener(type, () => kept.events.push(type));
  addEventListener('message', ({ origin, data }) => kept.messages.push({ origin, type: data?.type }));
};
interface Kept {
  readonly events: readonly string[];
  readonly messages: readonly { readonly origin: string; readonly type: string }[];
}

describeInBrowser('<countersign-otp> in a page of another origin', () => {
  const { browser, service, shop } = shopForSuite();
  const keptIn = (page: { evaluate: (f: () => unknown) => Promise<unknown> }) =>
    page.evaluate(() => (globalThis as unknown as { kept: Kept }).kept) as Promise<Kept>;
  const listening = async () => {
    const visit = await visitFrame(browser, shop.url);
    await visit.page.evaluate(LISTEN);
    return visit;
  };

  it('gives the form its proof under the strict policy of the host, and the payment goes through', async () => {
    const { page, to, frame } = await listening();
    expect(frame.url()).not.toContain('#');
    await expectAccessible(frame);
    await expectNoSidewaysScroll(page);
    const code = await codeTo(service, to);
    await frame.locator('#code').focus();
    await page.keyboard.type(wrongOf(code));
    await frame.getByRole('alert').filter({ hasText: 'Attempts left: 2' }).waitFor();
    await page.keyboard.type(code);
    await eventually(async () => (await keptIn(page)).events.includes('verified'));
    const { messages } = await keptIn(page);
    expect(new Set(messages.map(({ origin }) => origin))).toEqual(new Set([service.baseUrl]));
    await page.getByRole('button', { name: 'Pay' }).click();
    await page.getByRole('heading', { name: 'Paid' }).waitFor();
    expectNoToken([page.url(), service.logged()]);
  });

  it('keeps the form from being sent before the code was entered', async () => {
    const { page } = await listening();
    await page.getByRole('button', { name: 'Pay' }).click();
    expect(await page.locator('form').evaluate((form: HTMLFormElement) => form.checkValidity())).toBe(false);
    expect(page.url()).toContain('/basket');
  });

  it('does not hear forged messages, from the page itself nor from its own frame without the nonce', async () => {
    const { page, frame } = await listening();
    const forged = {
      from: 'countersign',
      nonce: 'guessed',
      type: 'verified',
      verificationToken: 'otvt_forged',
    };
    await page.evaluate((message) => window.postMessage(message, '*'), forged);
    await frame.evaluate((message) => parent.postMessage(message, '*'), forged);
    // Both arrived, and the element heard neither.
    await eventually(async () => {
      const { messages } = await keptIn(page);
      return messages.filter(({ type }) => type === 'verified').length === 2;
    });
    expect((await keptIn(page)).events).not.toContain('verified');
    expect(await page.locator('form').evaluate((form: HTMLFormElement) => form.checkValidity())).toBe(false);
  });

  it('sends nothing to a host that names another origin than its own in the fragment', async () => {
    const { page } = await listening();
    const to = someone();
    const { body } = await connectJson(service.baseUrl, service.liveKey)(
      'otp.v1.VerificationPageService/CreateVerificationPage',
      { send: { recipients: { sms: to } }, returnMode: 'RETURN_MODE_EMBED', embedOrigins: [shop.url] },
    );
    await page.evaluate(
      (src) => document.body.append(Object.assign(document.createElement('iframe'), { src })),
      `${body.url}&o=https://evil.example&n=x`,
    );
    const ref = new URL(body.url).pathname;
    const frame = await eventually(() => page.frames().find((one) => one.url().endsWith(ref)));
    await frame.locator('#countdown', { hasText: 'New code' }).waitFor();
    const before = (await keptIn(page)).messages.length;
    await frame.locator('#code').fill(await codeTo(service, to));
    await frame.getByRole('heading', { name: 'Done' }).waitFor();
    const { messages } = await keptIn(page);
    expect(messages.slice(before).filter(({ type }) => type === 'verified')).toEqual([]);
  });

  it('is not shown in a page of an origin that is not listed for it', async () => {
    await connectJson(service.baseUrl, service.liveKey)('otp.admin.v1.WorkspaceService/UpdateWorkspace', {
      workspace: { embedOrigins: [shop.url, 'https://elsewhere.example'] },
      updateMask: 'embedOrigins',
    });
    const page = await browser.newPage();
    const form = { recipient: '+573009990003', origin: 'https://elsewhere.example' };
    await eventually(async () => {
      await submit(page, shop.url, '/basket', form);
      return page.url().endsWith('/basket') && (await page.locator('countersign-otp').count()) > 0;
    });
    await eventually(async () => browser.takeFaults().some((fault) => fault.includes('frame-ancestors')));
    await page.evaluate(LISTEN);
    expect((await keptIn(page)).events).toEqual([]);
  });

  it('is filled in from a text message where the browser can (faked WebOTP)', async () => {
    const page = await browser.newPage();
    await page.addInitScript(() => {
      Object.assign(globalThis, { OTPCredential: class {} });
      const get = () => new Promise((arrive) => Object.assign(globalThis, { arrive }));
      Object.defineProperty(navigator, 'credentials', { value: { get } });
    });
    const to = '+573009990004';
    await submit(page, shop.url, '/basket', { recipient: to });
    const frame = await eventually(() => page.frames().find((one) => one.url().includes('/v/')));
    await frame.locator('#countdown', { hasText: 'New code' }).waitFor();
    const code = await codeTo(service, to);
    await frame.evaluate((given) => {
      (globalThis as unknown as { arrive: (value: object) => void }).arrive({ code: given });
    }, code);
    await frame.getByRole('heading', { name: 'Done' }).waitFor();
  });

  it('is filled in by pasting a code with a space in it', async () => {
    const { page, to, frame } = await listening();
    const code = await codeTo(service, to);
    await frame.locator('#code').focus();
    await page.keyboard.insertText(`${code.slice(0, 3)} ${code.slice(3)}`);
    await frame.getByRole('heading', { name: 'Done' }).waitFor();
  });
});
