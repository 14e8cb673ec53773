import { expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { describeInBrowser, expectAccessible } from './support/browser.js';
import { consoleForSuite } from './support/consoleForSuite.js';

describeInBrowser('fraud and numbers with the console', () => {
  const { service, open } = consoleForSuite({ hours: 1 });
  const call = (method: string, message: unknown) =>
    connectJson(service.baseUrl, service.liveKey)(`otp.admin.v1.GuardService/${method}`, message);

  it('counts what other rules would have refused, and leaves the guard as it is', async () => {
    for (let n = 0; n < 3; n++)
      await connectJson(service.baseUrl, service.liveKey)('otp.v1.OtpService/Send', {
        recipients: { sms: `+57301444000${n}` },
      });
    const { body: before } = await call('GetGuard', {});
    const page = await open('/fraud?live=off');
    await page.getByRole('button', { name: 'What if…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Blocked countries').fill('CO');
    await dialog.getByRole('button', { name: 'Simulate' }).click();
    await dialog.getByText(/messages would have been refused/).waitFor();
    const text = await dialog.innerText();
    expect(Number(/(\d+) of \d+ messages would/.exec(text)?.[1])).toBeGreaterThanOrEqual(3);
    await expectAccessible(page);
    expect((await call('GetGuard', {})).body).toEqual(before);
  });

  it('saves every rule of the guard that its form shows', async () => {
    const page = await open('/fraud?live=off');
    await page.getByRole('button', { name: 'Edit…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Blocked countries').fill('kp');
    await dialog.getByRole('spinbutton', { name: /^Messages 0: no/ }).fill('5000');
    await dialog.getByLabel('Price').fill('12.5');
    await dialog.getByLabel('Premium rate').check();
    await dialog.getByLabel('Milliseconds to wait').fill('1500');
    await dialog.getByLabel('URL').fill('https://shop.example.com/veto');
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('secret that signs its requests').waitFor();
    const { body } = await call('GetGuard', {});
    expect(body.guard).toMatchObject({
      countryBlock: ['KP'],
      dailyCeiling: { messages: 5000, spendMicros: '12500000' },
      numberTypeBlock: ['NUMBER_TYPE_PREMIUM_RATE'],
      veto: { url: 'https://shop.example.com/veto', timeout: '1.500s' },
    });
  });

  it('splits the numbers by key and by language, with how soon codes are entered', async () => {
    const page = await open('/analytics?range=24h');
    await page.getByRole('combobox').first().selectOption('key');
    await page.waitForURL(/by=key/);
    await page.getByText('Wrong codes').first().waitFor();
    const cells = page.getByRole('table', { name: 'Messages by key' }).getByRole('row');
    await expect.poll(() => cells.count(), { timeout: 20_000 }).toBeGreaterThan(1);
    await page.getByRole('combobox').first().selectOption('language');
    await page.waitForURL(/by=language/);
    await page.getByRole('columnheader', { name: 'Language' }).waitFor();
    await expectAccessible(page);
  });
});
