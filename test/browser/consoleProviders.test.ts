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
});
