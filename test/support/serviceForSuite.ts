import { afterAll, beforeAll } from 'vitest';
import type { Clock } from '../../server/platform/clock.js';
import type { ManualClock } from './manualClock.js';
import { type ServiceOptions, startService, type TestService } from './service.js';

/**
 * The service of the suite that is being declared: started before its tests and
 * the hooks declared after it, stopped behind them. Its fields are there once it has
 * started. `options` as a function: made at that time.
 */
export function serviceForSuite<C extends Clock = ManualClock>(
  options: ServiceOptions<C> | (() => Promise<ServiceOptions<C>>) = {},
): TestService<C> {
  const service = {} as TestService<C>;
  beforeAll(async () => {
    Object.assign(service, await startService(typeof options === 'function' ? await options() : options));
  });
  afterAll(() => service.stop());
  return service;
}
