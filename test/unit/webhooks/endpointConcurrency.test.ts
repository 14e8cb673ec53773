import { describe, expect, it } from 'vitest';
import { createEndpointConcurrency } from '../../../server/webhooks/endpointConcurrency.js';
import { WEBHOOK_LIMITS } from '../../../server/webhooks/limits.js';
import { ManualClock } from '../../support/manualClock.js';

const { min, max } = WEBHOOK_LIMITS.placeWaitSeconds;

/** An endpoint at which an attempt took so long, and all of whose places are taken. */
function busy(tookMs: number, atOnce: number) {
  const clock = new ManualClock();
  const concurrency = createEndpointConcurrency(clock);
  const holding = Array.from({ length: atOnce }, () => concurrency.acquire('e', atOnce) as () => void);
  clock.advance(tookMs);
  holding[0]!();
  concurrency.acquire('e', atOnce);
  return { clock, ask: () => concurrency.acquire('e', atOnce) as number };
}

describe('concurrency at an endpoint', () => {
  it('counts the places of each endpoint apart, and reuses a released one', () => {
    const concurrency = createEndpointConcurrency(new ManualClock());
    const first = concurrency.acquire('a', 1) as () => void;
    expect(concurrency.acquire('a', 1)).toBe(min * 1_000);
    expect(concurrency.acquire('b', 1)).toBeTypeOf('function');
    first();
    expect(concurrency.acquire('a', 1)).toBeTypeOf('function');
  });

  it('spreads those that wait over the time that those before need', () => {
    const { ask } = busy(8_000, 2);
    expect([ask(), ask(), ask()]).toEqual([4_000, 8_000, 12_000]);
  });

  it('makes no delivery wait longer than the longest wait, nor shorter than the shortest', () => {
    const slow = busy(10_000, 1);
    for (let n = 1; n < max / 10; n++) slow.ask();
    expect(slow.ask()).toBe(max * 1_000);
    expect(slow.ask()).toBe(max * 1_000);
    const fast = busy(10, 8);
    expect(fast.ask()).toBe(min * 1_000);
  });
});
