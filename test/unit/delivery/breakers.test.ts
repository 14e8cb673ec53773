import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { type Breakers, createBreakers } from '../../../server/delivery/breakers.js';
import { ManualClock } from '../../support/manualClock.js';

const NAME = 'twilio';

function set(): { clock: ManualClock; breakers: Breakers } {
  const clock = new ManualClock();
  return { clock, breakers: createBreakers(clock) };
}
const fault = (breakers: Breakers, times = 1) => {
  for (let n = 0; n < times; n++) breakers.enter(NAME).faulted();
};
const waitMs = (breakers: Breakers, clock: ManualClock) => Math.max(0, breakers.readyAt(NAME) - clock.now());
const stateOf = (breakers: Breakers) => breakers.states().find(({ provider }) => provider === NAME)?.state;

describe('a circuit breaker', () => {
  it('is closed for a provider that was not used', () => {
    const { clock, breakers } = set();
    expect(breakers.states()).toEqual([]);
    expect(waitMs(breakers, clock)).toBe(0);
  });

  it('says since when it is in its state, once it has opened', () => {
    const { clock, breakers } = set();
    const since = () => breakers.states()[0]?.since;
    fault(breakers, 4);
    expect(since()).toBeUndefined();
    clock.advance(1_000);
    fault(breakers);
    const openedAt = clock.now();
    clock.advance(10_000);
    expect(since()).toBe(openedAt);
    clock.advance(25_000);
    expect([stateOf(breakers), since()]).toEqual(['half-open', openedAt + 30_000]);
    breakers.enter(NAME).worked();
    expect([stateOf(breakers), since()]).toEqual(['closed', clock.now()]);
  });

  it('stays closed after four faults, and opens for thirty seconds at the fifth', () => {
    const { clock, breakers } = set();
    fault(breakers, 4);
    expect({ state: stateOf(breakers), wait: waitMs(breakers, clock) }).toEqual({ state: 'closed', wait: 0 });
    fault(breakers);
    expect({ state: stateOf(breakers), wait: waitMs(breakers, clock) }).toEqual({
      state: 'open',
      wait: 30_000,
    });
    clock.advance(29_999);
    expect({ state: stateOf(breakers), wait: waitMs(breakers, clock) }).toEqual({ state: 'open', wait: 1 });
    clock.advance(1);
    expect({ state: stateOf(breakers), wait: waitMs(breakers, clock) }).toEqual({
      state: 'half-open',
      wait: 0,
    });
  });

  it('counts faults in a row only: a success starts again from zero', () => {
    const { breakers } = set();
    fault(breakers, 4);
    breakers.enter(NAME).worked();
    fault(breakers, 4);
    expect(stateOf(breakers)).toBe('closed');
  });

  it('learns nothing from a pass that was not used', () => {
    const { breakers } = set();
    fault(breakers, 4);
    breakers.enter(NAME).unused();
    expect(stateOf(breakers)).toBe('closed');
    fault(breakers);
    expect(stateOf(breakers)).toBe('open');
  });

  it('lets one message find out whether the provider is back, and others look again in five seconds', () => {
    const { clock, breakers } = set();
    fault(breakers, 5);
    clock.advance(30_000);
    const probe = breakers.enter(NAME);
    expect(waitMs(breakers, clock)).toBe(5_000);
    probe.worked();
    expect({ state: stateOf(breakers), wait: waitMs(breakers, clock) }).toEqual({ state: 'closed', wait: 0 });
    // As good as new: it takes five faults again.
    fault(breakers, 4);
    expect(stateOf(breakers)).toBe('closed');
  });

  it('lets the next message find out when the first one learned nothing', () => {
    const { clock, breakers } = set();
    fault(breakers, 5);
    clock.advance(30_000);
    breakers.enter(NAME).unused();
    expect({ state: stateOf(breakers), wait: waitMs(breakers, clock) }).toEqual({
      state: 'half-open',
      wait: 0,
    });
  });

  it('stays open twice as long each time nothing is better, four minutes at most', () => {
    const { clock, breakers } = set();
    fault(breakers, 5);
    for (const seconds of [30, 60, 120, 240, 240, 240]) {
      expect(waitMs(breakers, clock)).toBe(seconds * 1000);
      clock.advance(seconds * 1000);
      fault(breakers);
    }
    clock.advance(240_000);
    breakers.enter(NAME).worked();
    fault(breakers, 5);
    expect(waitMs(breakers, clock)).toBe(30_000);
  });

  it('is not opened longer by delivery attempts that began before it opened', () => {
    const { clock, breakers } = set();
    const underWay = Array.from({ length: 9 }, () => breakers.enter(NAME));
    for (const pass of underWay) pass.faulted();
    expect(waitMs(breakers, clock)).toBe(30_000);
  });

  it('is closed at once when such a delivery attempt succeeds', () => {
    const { breakers } = set();
    const slow = breakers.enter(NAME);
    fault(breakers, 5);
    slow.worked();
    expect(stateOf(breakers)).toBe('closed');
  });

  it('is of one provider, and of one process', () => {
    const clock = new ManualClock();
    const [here, there] = [createBreakers(clock), createBreakers(clock)];
    fault(here, 5);
    expect(here.readyAt('vonage')).toBeLessThanOrEqual(clock.now());
    expect(there.readyAt(NAME)).toBeLessThanOrEqual(clock.now());
    expect(stateOf(there)).toBe('closed');
  });

  const event = fc.oneof(
    fc.constantFrom('faulted' as const, 'worked' as const, 'unused' as const),
    fc.integer({ min: 1, max: 300_000 }),
  );
  test.prop([fc.array(event, { maxLength: 60 })])(
    'is never shut for more than four minutes, and open only after five faults in a row',
    (events) => {
      const { clock, breakers } = set();
      let row = 0;
      for (const what of events) {
        if (typeof what === 'number') clock.advance(what);
        else if (waitMs(breakers, clock) === 0) {
          breakers.enter(NAME)[what]();
          if (what === 'faulted') row++;
          if (what === 'worked') row = 0;
        }
        expect(waitMs(breakers, clock)).toBeLessThanOrEqual(240_000);
        expect(stateOf(breakers) === 'closed').toBe(row < 5);
      }
    },
  );
});
