import type { Clock } from '../../../server/platform/clock.js';
import type { ManualClock } from '../../support/manualClock.js';
import type { ServiceOptions, TestService } from '../../support/service.js';
import { serviceForSuite } from '../../support/serviceForSuite.js';
import { browserForSuite, type SuiteBrowser } from './browser.js';
import { screensForSuite } from './screensForSuite.js';

/** A service that serves the screens, and a browser to look at them with. */
export interface ServedScreens<C extends Clock = ManualClock> {
  readonly browser: SuiteBrowser;
  readonly service: TestService<C>;
}

/** Both for the suite that is being declared. `options` as a function: made when the service starts. */
export function servedScreensForSuite<C extends Clock = ManualClock>(
  options: ServiceOptions<C> | (() => Promise<ServiceOptions<C>>) = {},
): ServedScreens<C> {
  const screens = screensForSuite();
  const browser = browserForSuite();
  const service = serviceForSuite<C>(async () => {
    const { overrides, ...rest } = typeof options === 'function' ? await options() : options;
    return { ...rest, overrides: { ...overrides, screens: await screens.folder() } };
  });
  return { browser, service };
}
