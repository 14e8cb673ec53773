import { expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { describeInBrowser, expectAccessible } from './support/browser.js';
import { consoleForSuite } from './support/consoleForSuite.js';

describeInBrowser('providers in the console', () => {
  const { service, day, open } = consoleForSuite();
  const call = (method: string, request: object) =>
    connectJson(service.baseUrl, service.liveKey)(`otp.admin.v1.${method}`, request);

  it('sends a test message and shows what the provider said', async () => {
    day().clock.follow();
    const page = await open('/providers?live=off');
    await page.getByRole('button', { name: 'Send a test message…' }).click();
    await page.getByLabel('Recipient').fill('+57 300 555 0601');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Send it' }).click();
    await page.getByRole('dialog').getByText('Accepted').waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('region', { name: 'SMS' }).getByText('1 of 1').waitFor();
    expect(page.url()).not.toContain('0601');
    day().clock.stop();
  });

  it('changes the order of a channel by buttons', async () => {
    const page = await open('/providers?live=off');
    const sms = page.getByRole('region', { name: 'SMS' });
    await sms.getByRole('button', { name: 'Order…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Use inbox' }).click();
    await dialog.getByRole('button', { name: 'inbox earlier' }).click();
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Save the order' }).click();
    await dialog.waitFor({ state: 'detached' });
    const routes = await eventually(async () => {
      const { body } = await call('WorkspaceService/GetWorkspace', {});
      return body.workspace.routes?.length > 0 && body.workspace.routes;
    });
    expect(routes[0]).toMatchObject({ channel: 'CHANNEL_SMS' });
    expect(routes[0].providers[0]).toBe('inbox');
  });

  it('adds, changes and deletes an account of the workspace, whose secrets no response has', async () => {
    const page = await open('/providers?live=off');
    const read: string[] = [];
    page.on('response', async (response) => {
      if (response.url().includes('ProviderAccount')) read.push(await response.text().catch(() => ''));
    });
    const accounts = page.getByRole('region', { name: 'Accounts of this workspace' });
    const dialog = page.getByRole('dialog');
    await accounts.getByRole('button', { name: 'New account…' }).click();
    await dialog.getByLabel('Name', { exact: false }).first().fill('acme-twilio');
    await dialog.getByRole('combobox').selectOption('twilio');
    await dialog.getByLabel('account_sid').fill(`AC${'0'.repeat(32)}`);
    await dialog.getByLabel('auth_token').fill('a-token-of-acme');
    await dialog.getByLabel('from', { exact: false }).first().fill('+15005550006');
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Add the account' }).click();
    const row = accounts.getByRole('row').filter({ hasText: 'acme-twilio' });
    await row.getByText('auth_token').waitFor();
    // What a channel can use: an account beside the providers of the service.
    await page.getByRole('region', { name: 'SMS' }).getByText('acme-twilio').waitFor();

    await row.getByRole('button', { name: 'Edit…' }).click();
    await dialog.getByLabel('For', { exact: true }).fill('Campaigns');
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await row.getByText('Campaigns').waitFor();
    const { body } = await call('ProviderService/GetProviderAccount', { name: 'acme-twilio' });
    expect(body.providerAccount).toMatchObject({ displayName: 'Campaigns', secretNames: ['auth_token'] });

    await row.getByRole('button', { name: 'Delete…' }).click();
    await dialog.getByLabel('to confirm').fill('acme-twilio');
    await dialog.getByRole('button', { name: 'Delete the account' }).click();
    await row.waitFor({ state: 'detached' });
    expect(read.join()).toContain('acme-twilio');
    expect(read.join()).not.toContain('a-token-of-acme');
  });
});
