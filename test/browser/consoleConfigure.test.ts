import { beforeAll, expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { describeInBrowser, expectAccessible } from './support/browser.js';
import { consoleForSuite } from './support/consoleForSuite.js';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

describeInBrowser('configuration with the console', () => {
  const { browser, service, open } = consoleForSuite({ hours: 1 });
  const call = (method: string, message: unknown) =>
    connectJson(service.baseUrl, service.liveKey)(`otp.admin.v1.${method}`, message);

  beforeAll(async () => {
    const { status } = await call('SponsorService/CreateSponsor', {
      sponsor: { slug: 'acme', displayName: 'Acme Insurance', channels: ['CHANNEL_SMS'] },
    });
    expect(status).toBe(200);
  });

  it('shows what a document would change before it is applied, and forgets the plan when it is edited', async () => {
    const page = await open('/configuration');
    const area = page.getByLabel('JSON');
    await page.getByRole('button', { name: 'Load the present one' }).click();
    await expect.poll(() => area.inputValue(), { timeout: 20_000 }).toContain('acme');
    const compare = page.getByRole('button', { name: 'Show what would change' });
    await compare.click();
    await page.getByText('Nothing to change').waitFor();

    await area.fill((await area.inputValue()).replace('Acme Insurance', 'Acme Health'));
    await page.getByText('Nothing is compared yet').waitFor();
    await compare.click();
    await page.getByText('"Acme Health"').waitFor();
    const name = async () =>
      (await call('SponsorService/GetSponsor', { slug: 'acme' })).body.sponsor.displayName;
    expect(await name()).toBe('Acme Insurance');
    await expectAccessible(page);

    await page.getByRole('button', { name: 'Apply 1…' }).click();
    await page.getByRole('button', { name: 'Make 1 changes' }).click();
    await page.getByRole('heading', { name: 'Changed' }).waitFor();
    expect(await name()).toBe('Acme Health');
  });

  it('shows what messages cost as amounts below zero', async () => {
    const wallet = { enabled: true, currency: 'USD', prices: { smsMicros: '50000' } };
    await call('WalletService/UpdateWallet', { wallet, updateMask: 'enabled,currency,prices' });
    await call('WalletService/CreditWallet', { amountMicros: '5000000', reference: 'first credit' });
    const send = connectJson(service.baseUrl, service.liveKey);
    await send('otp.v1.OtpService/Send', { recipients: { sms: '+573005550143' } });
    await eventually(
      async () => (await call('WalletService/ListLedgerEntries', {})).body.entries.length === 2,
    );
    const page = await open('/wallet');
    const amounts = page.getByRole('table', { name: /^Ledger/ }).getByText('$');
    await amounts.first().waitFor();
    expect(await amounts.allTextContents()).toEqual(['-$0.05', '$5.00']);
  });

  it('gives verification pages a logo, says what is wrong with a file, and takes the logo away', async () => {
    const page = await open('/workspace');
    const edit = async (logo: Buffer | undefined) => {
      await page.getByRole('button', { name: 'Edit pages…' }).click();
      const dialog = page.getByRole('dialog');
      if (logo) {
        const file = { name: 'logo.png', mimeType: 'image/png', buffer: logo };
        await dialog.getByLabel(/^Logo/).setInputFiles(file);
      } else await dialog.getByLabel('Remove the present logo').check();
      await dialog.getByRole('button', { name: 'Save' }).click();
      return dialog;
    };
    const dialog = await edit(Buffer.from('<svg/>'));
    await dialog.getByRole('alert').filter({ hasText: 'must be a PNG or WebP image' }).waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await edit(Buffer.from(PNG, 'base64'));
    const logo = page.getByRole('img', { name: /^Logo of/ });
    await logo.waitFor();
    expect(await logo.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(1);
    expect((await call('WorkspaceService/GetWorkspace', {})).body.workspace.logo).toBe(PNG);
    await edit(undefined);
    await logo.waitFor({ state: 'detached' });
  });

  it('names the fault of a document by its path', async () => {
    const page = await open('/configuration');
    await page.getByLabel('JSON').fill('{"workspaces": 7}');
    await page.getByRole('button', { name: 'Show what would change' }).click();
    await page
      .getByRole('alert')
      .filter({ hasText: /must|workspaces/ })
      .waitFor();
  });

  it('checks rows of beneficiaries, imports them, and names the lines at fault', async () => {
    const page = await open('/sponsors/acme');
    await page.getByRole('button', { name: 'Import…' }).click();
    const dialog = page.getByRole('dialog');
    const rows = ['id,phone,email', 'p-1,+573005550101,', 'p-2,12,', 'p-3,,ada@example.com'].join('\n');
    await dialog.getByLabel('Or the rows').fill(rows);
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Import', exact: true }).click();
    await dialog.getByText('3 of 3 rows were checked; nothing is stored.').waitFor();
    await dialog.getByText('Line 3').waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByText('No beneficiaries').waitFor();

    await page.getByRole('button', { name: 'Import…' }).click();
    await dialog.getByLabel('Or the rows').fill(rows);
    await dialog.getByLabel(/Only check the rows/).uncheck();
    await dialog.getByRole('button', { name: 'Import', exact: true }).click();
    await dialog.getByText('3 of 3 rows were imported.').waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByText('p-3').first().waitFor();
    expect(page.url()).not.toContain('ada');
  });

  it('shows the HTML of an e-mail that is being written in a frame where its scripts do nothing', async () => {
    const page = await open('/templates/otp-email/en');
    await page.getByText('Preview of the built-in words').waitFor();
    await page.getByLabel('Subject').fill('Your code');
    await page.locator('textarea[name=text]').fill('{{ code }}');
    await page
      .getByLabel('HTML')
      .fill('<p id="seen">{{ code }}</p><script>top.location = "/stolen"</script>');
    await page.getByRole('tab', { name: 'As shown' }).click();
    const seen = page.frameLocator('iframe').locator('#seen', { hasText: /^\d{6}$/ });
    await seen.waitFor();
    // A path works once: coming back, the tab has one of its own.
    await page.getByRole('tab', { name: 'Text' }).click();
    await page.getByRole('tab', { name: 'As shown' }).click();
    await seen.waitFor();
    await expectAccessible(page);
    expect(page.url()).toContain('/templates/otp-email/en');
    expect(browser.takeFaults().filter((text) => !text.includes('sandboxed'))).toEqual([]);
  });
});
