import { expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { describeInBrowser, expectAccessible, expectNoSidewaysScroll } from './support/browser.js';
import { shopForSuite } from './support/shopForSuite.js';
import { codeTo, expectNoToken, someone, visitPage, wrongOf } from './support/visits.js';

describeInBrowser('the verification page', () => {
  const { browser, service, shop } = shopForSuite();

  it('signs a person in who types the code, after a wrong one, with no token in any request line, Referer, history or cookie', async () => {
    const { page, to } = await visitPage(browser, shop.url);
    const seen: string[] = [];
    page.on('request', (request) => seen.push(request.url(), request.headers().referer ?? ''));
    await page.reload();
    expect(page.url()).not.toContain('#');
    const code = await codeTo(service, to);
    await page.locator('#code:focus').waitFor();
    await page.keyboard.type(wrongOf(code));
    await page.getByRole('alert').filter({ hasText: 'Attempts left: 2' }).waitFor();
    expect(await page.getByLabel('Code').evaluate((box) => box === document.activeElement)).toBe(true);
    expect(await page.evaluate(() => JSON.stringify(localStorage))).toBe('{}');
    expectNoToken(
      await page
        .context()
        .cookies()
        .then((all) => all.map(({ value }) => value)),
    );
    await page.keyboard.type(code);
    await page.getByRole('heading', { name: 'You are signed in' }).waitFor();
    expectNoToken([...seen, page.url(), service.logged()]);
  });

  it('returns by POST where the shop asks for that', async () => {
    const { page, to } = await visitPage(browser, shop.url, { form: { mode: 'post' } });
    const posted = page.waitForRequest(
      (request) => request.method() === 'POST' && request.url().endsWith('/back'),
    );
    await page.locator('#code:focus').waitFor();
    await page.keyboard.type(await codeTo(service, to));
    expect((await posted).postData()).toMatch(/verification_token=otvt_/);
    await page.getByRole('heading', { name: 'You are signed in' }).waitFor();
    expectNoToken([page.url(), service.logged()]);
  });

  it('works without JavaScript: wrong code, right code, back', async () => {
    const options = { javaScriptEnabled: false, form: { locale: 'es' } };
    const page = await browser.newPage(options);
    // The fields of the shop's form, which the page could not add without script.
    const { body } = await connectJson(service.baseUrl, service.liveKey)(
      'otp.v1.VerificationPageService/CreateVerificationPage',
      { send: { recipients: { sms: '+573009990001' } }, returnUrl: `${shop.url}/back`, uiLocale: 'es' },
    );
    await page.goto(body.url);
    await page.getByText('+57 300').waitFor();
    const code = await codeTo(service, '+573009990001');
    await page.getByLabel('Código').fill(wrongOf(code));
    await page.getByRole('button', { name: 'Continuar' }).click();
    await page.getByText('Ese no es el código').waitFor();
    await page.getByLabel('Código').fill(code);
    await page.getByRole('button', { name: 'Continuar' }).click();
    await page.waitForURL(`${shop.url}/back?session_id=${body.session.id}`);
    await page.getByText('not begun here').waitFor();
  });

  it('shows nothing and takes nothing from a second browser that has the reference alone', async () => {
    const { page, to } = await visitPage(browser, shop.url);
    const url = page.url();
    const other = await browser.newPage({ javaScriptEnabled: false });
    await other.goto(url);
    const html = await other.content();
    expect(html).not.toContain(`${to.slice(-2)}</bdi>`);
    expect(await other.locator('form').count()).toBe(0);
    const forged = await other.request.post(`${url}/check`, { form: { code: '000000', token: 'guessed' } });
    expect(forged.status()).toBe(404);
    const scripted = await browser.newPage();
    await scripted.goto(url);
    await scripted.getByText('Go back and open this page').waitFor();
    expect(await scripted.locator('form').count()).toBe(0);
  });

  it('works for the person whose link a scanner has loaded first', async () => {
    const { body } = await connectJson(service.baseUrl, service.liveKey)(
      'otp.v1.VerificationPageService/CreateVerificationPage',
      { send: { recipients: { sms: '+573009990002' } }, returnUrl: `${shop.url}/back` },
    );
    await fetch(body.url.split('#')[0]);
    const page = await browser.newPage();
    await page.goto(body.url);
    await page.getByText('+57 300').waitFor();
    await page.getByLabel('Code').waitFor();
    expect(page.url()).not.toContain('#');
  });

  it('is the same for references that are unknown and for sessions that have ended', async () => {
    const { page } = await visitPage(browser, shop.url);
    const call = connectJson(service.baseUrl, service.liveKey);
    const { body } = await call('otp.v1.OtpService/ListSessions', { pageSize: 1 });
    await call('otp.v1.OtpService/CancelSession', { sessionId: body.sessions[0].id });
    await page.getByRole('heading', { name: 'was cancelled' }).waitFor();
    const load = async (url: string) => {
      const response = await fetch(url);
      const html = (await response.text()).replaceAll(/nonce="[^"]+"/g, '');
      return { status: response.status, html };
    };
    const ended = await load(page.url());
    expect(ended.status).toBe(404);
    expect(await load(`${service.baseUrl}/v/${'A'.repeat(22)}`)).toEqual(ended);
    expect(await load(`${service.baseUrl}/v/short`)).toEqual(ended);
  });

  it('is there in two requests of 10 KB together', async () => {
    const page = await browser.newPage();
    const { body } = await connectJson(service.baseUrl, service.liveKey)(
      'otp.v1.VerificationPageService/CreateVerificationPage',
      { send: { recipients: { sms: someone() } }, returnUrl: `${shop.url}/back` },
    );
    await page.goto(body.url);
    await page.locator('#countdown', { hasText: 'New code' }).waitFor();
    const sizes = await page.evaluate(() =>
      [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
        .filter(({ name }) => !name.includes('otp.v1'))
        .map((entry) => (entry as PerformanceResourceTiming).transferSize),
    );
    expect(sizes).toHaveLength(2);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(10 * 1_024);
  });

  it('counts down in sight each second, and aloud at the beginning only', async () => {
    const { page } = await visitPage(browser, shop.url);
    await page.getByText(/^New code in 0:\d\d$/).waitFor();
    const heard = await page.evaluate(async () => {
      const said = document.querySelector('#said')!;
      const spoken: string[] = [];
      new MutationObserver(() => spoken.push(said.textContent ?? '')).observe(said, { childList: true });
      const shown = document.querySelector('#countdown')!;
      const before = shown.textContent;
      while (shown.textContent === before) await new Promise((resolve) => setTimeout(resolve, 50));
      return spoken;
    });
    expect(heard).toEqual([]);
    expect(await page.locator('#said').textContent()).toMatch(/^New code in \d+ s$/);
  });

  it('goes back to the shop for another number, without a secret and without a change of its own', async () => {
    const { page } = await visitPage(browser, shop.url);
    const back = page.waitForRequest((request) => request.url().includes('/back?'));
    await page.getByRole('button', { name: 'Wrong number' }).click();
    const { searchParams } = new URL((await back).url());
    expect(searchParams.get('error')).toBe('recipient_change');
    expectNoToken([...searchParams.values()]);
    await page.getByRole('heading', { name: 'Corner Shop' }).waitFor();
  });

  it('signs no person in by a link that another one began', async () => {
    const { page, to } = await visitPage(browser, shop.url);
    const code = await codeTo(service, to);
    const back = page.waitForRequest((request) => request.url().includes('/back?'));
    await page.locator('#code:focus').waitFor();
    await page.route('**/back?*', (route) => route.abort());
    await page.keyboard.type(code);
    const link = (await back).url();
    browser.takeFaults();
    const victim = await browser.newPage();
    await victim.goto(link);
    await victim.getByText('not begun here').waitFor();
  });

  it('fits 320 px in every language, and is accessible in the longest and from right to left', async () => {
    const page = await browser.newPage({ viewport: { width: 320, height: 640 }, colorScheme: 'dark' });
    const call = connectJson(service.baseUrl, service.liveKey);
    for (const uiLocale of ['en', 'es', 'pt', 'fr', 'de', 'ar', 'he', 'fa']) {
      const send = { recipients: { sms: someone() } };
      const request = { send, uiLocale, returnUrl: `${shop.url}/back`, allowRecipientChange: true };
      const { body } = await call('otp.v1.VerificationPageService/CreateVerificationPage', request);
      await page.goto(body.url);
      await page.locator('#countdown', { hasText: /\d:\d\d/ }).waitFor();
      const html = page.locator('html');
      expect(await html.getAttribute('lang')).toBe(uiLocale);
      expect(await html.getAttribute('dir')).toBe(['ar', 'he', 'fa'].includes(uiLocale) ? 'rtl' : 'ltr');
      await expectNoSidewaysScroll(page);
      if (uiLocale === 'de' || uiLocale === 'ar') await expectAccessible(page);
    }
  });
});
