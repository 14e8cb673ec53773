import { describe, expect, it } from 'vitest';
import { createEndpointConcurrency } from '../../../server/webhooks/endpointConcurrency.js';
import { WEBHOOK_LIMITS } from '../../../server/webhooks/limits.js';
import { ManualClock } from '../../support/manualClock.js';

const { min, max } = WEBHOOK_LIMITS.turnSeconds;

/** An endpoint at which a try took so long, and all of whose turns are taken. */
function busy(tookMs: number, atOnce: number) {
  const clock = new ManualClock();
  const turns = createEndpointConcurrency(clock);
  const holding = Array.from({ length: atOnce }, () => turns.acquire('e', atOnce) as () => void);
  clock.advance(tookMs);
  holding[0]!();
  turns.acquire('e', atOnce);
  return { clock, turns, ask: () => turns.acquire('e', atOnce) as number };
}

describe('turns at an endpoint', () => {
  it('are given back, and those of one endpoint are not those of another', () => {
    const turns = createEndpointConcurrency(new ManualClock());
    const first = turns.acquire('a', 1) as () => void;
    expect(turns.acquire('a', 1)).toBe(min * 1_000);
    expect(turns.acquire('b', 1)).toBeTypeOf('function');
    first();
    expect(turns.acquire('a', 1)).toBeTypeOf('function');
  });

  it('are spread over the time that those before need', () => {
    const { ask } = busy(8_000, 2);
    expect([ask(), ask(), ask()]).toEqual([4_000, 8_000, 12_000]);
  });

  it('are never further away than the longest wait, nor closer than the shortest', () => {
    const slow = busy(10_000, 1);
    for (let n = 1; n < max / 10; n++) slow.ask();
    expect(slow.ask()).toBe(max * 1_000);
    expect(slow.ask()).toBe(max * 1_000);
    const fast = busy(10, 8);
    expect(fast.ask()).toBe(min * 1_000);
  });
});
