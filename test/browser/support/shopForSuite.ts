import { afterAll, beforeAll } from 'vitest';
import { type Shop, startShop } from '../../../examples/shop/shop.js';
import { type Clock, systemClock } from '../../../server/platform/clock.js';
import { type ServedScreens, servedScreensForSuite } from './servedScreensForSuite.js';

/** The example shop of the suite that is being declared, with the service it calls and a browser. */
export function shopForSuite(): ServedScreens<Clock> & { readonly shop: Shop } {
  const { browser, service } = servedScreensForSuite({ clock: systemClock });
  const shop = {} as Shop;
  beforeAll(async () => {
    const { baseUrl, liveKey } = service;
    Object.assign(shop, await startShop({ service: baseUrl, apiKey: liveKey, port: 0 }));
  });
  afterAll(() => shop.close?.());
  return { browser, service, shop };
}
