import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { describeInBrowser, expectAccessible } from './support/browser.js';
import { consoleForSuite } from './support/consoleForSuite.js';

interface Sent {
  readonly session: { readonly id: string };
}

describeInBrowser('support with the console', () => {
  const { service, open } = consoleForSuite({ hours: 1 });
  const send = async (recipient: string): Promise<string> => {
    const { body } = await connectJson(service.baseUrl, service.liveKey)('otp.v1.OtpService/Send', {
      recipients: { sms: recipient },
    });
    return (body as Sent).session.id;
  };

  it('saves and erases what is stored about a person, once its number’s end was typed', async () => {
    await send('+573005550142');
    const page = await open('/sessions');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('+573005550142');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/console\/recipients\//);

    await page.getByRole('button', { name: 'Export…' }).click();
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save the file' }).click();
    const lines = (await readFile(await (await saved).path(), 'utf8')).trim().split('\n');
    expect(lines.map((line) => Object.keys(JSON.parse(line))[0])).toContain('session');
    expect(lines.join('')).not.toContain('3005550142');

    await page.getByRole('button', { name: 'Erase…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Sessions', { exact: true }).waitFor();
    await expectAccessible(page);
    const erase = dialog.getByRole('button', { name: 'Erase the records' });
    expect(await erase.getAttribute('aria-disabled')).toBe('true');
    await dialog.getByLabel(/to confirm/).fill('42');
    // Enter confirms nothing that cannot be undone.
    await page.keyboard.press('Enter');
    await erase.click();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByText('No code was sent to this recipient').waitFor();
  });

  it('finds a session by its id, sends no secret, and says when nothing is known', async () => {
    const id = await send('+573005550143');
    const page = await open('/audit');
    const bodies: string[] = [];
    page.on('request', (request) => bodies.push(request.postData() ?? ''));
    const find = async (text: string) => {
      await page.getByRole('searchbox').fill(text);
      await page.keyboard.press('Enter');
    };
    await find('whe_nothing');
    await page.getByText('Nothing is known by this').waitFor();
    await find(service.liveKey);
    await page.getByText('This is a secret').waitFor();
    await find(id);
    await page.waitForURL(new RegExp(`/sessions/${id}`));
    expect(bodies.filter((body) => body.includes(service.liveKey))).toEqual([]);
  });
});
