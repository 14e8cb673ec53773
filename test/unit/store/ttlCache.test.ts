import { describe, expect, it } from 'vitest';
import { createTtlCache } from '../../../server/store/ttlCache.js';
import { ManualClock } from '../../support/manualClock.js';

describe('a cached setting', () => {
  it.each([
    ['as it is', 0],
    ['set back by a year', -365 * 86_400_000],
    ['set forward by a year', 365 * 86_400_000],
  ])('is read again after five seconds, with the clock %s', async (_how, step) => {
    const clock = new ManualClock();
    let reads = 0;
    const cache = createTtlCache(async () => ++reads, clock);
    expect(await cache.get('key')).toBe(1);
    clock.step(step);
    clock.advance(4_999);
    expect(await cache.get('key')).toBe(1);
    clock.advance(1);
    expect(await cache.get('key')).toBe(2);
  });
});
