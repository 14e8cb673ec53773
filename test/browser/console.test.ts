import { expect, it } from 'vitest';
import { serviceForSuite } from '../support/serviceForSuite.js';
import {
  browserForSuite,
  describeInBrowser,
  expectAccessible,
  expectNoSidewaysScroll,
  LOOKS,
} from './support/browser.js';
import { screensForSuite } from './support/screensForSuite.js';

describeInBrowser('the console', () => {
  const browser = browserForSuite();
  const screens = screensForSuite();
  const service = serviceForSuite(async () => ({ overrides: { screens: await screens.folder() } }));

  it('accepts a key, also where the workspace lists the origins that may call', async () => {
    const workspaces = service.documents.collection('workspaces');
    await workspaces.findOneAndUpdate(
      { _id: 'default' },
      { $set: { allowedOrigins: ['https://shop.example.com'] } },
    );
    service.clock.advance(5_001);
    const page = await browser.newPage();
    await page.goto(`${service.baseUrl}/console`);
    await page.getByLabel('API key').fill(service.liveKey);
    await page.keyboard.press('Enter');
    await page.getByText('first live key').waitFor();
    expect(page.url()).toBe(`${service.baseUrl}/console`);
  });

  it('says that a key is not known', async () => {
    const page = await browser.newPage();
    await page.goto(`${service.baseUrl}/console`);
    await page.getByLabel('API key').fill('otp_live_wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'not known' }).waitFor();
  });

  it.each(LOOKS)('is accessible, $colorScheme, $width px wide', async ({ colorScheme, ...viewport }) => {
    const page = await browser.newPage({ colorScheme, viewport });
    await page.goto(`${service.baseUrl}/console/anything`);
    await page.getByLabel('API key').waitFor();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  });
});
