import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../server/observe/metrics/index.js';
import { Serving } from '../../../server/observe/readiness.js';
import { watchClock } from '../../../server/observe/watchClock.js';
import { ManualClock } from '../../support/manualClock.js';

const HOUR = 3_600_000;

function watched() {
  const clock = new ManualClock();
  const serving = new Serving();
  const metrics = createMetrics();
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) });
  const stop = watchClock({ clock, serving, metrics, log });
  return { clock, serving, lines, stop };
}

describe('a clock that is set', () => {
  it.each([
    ['forward', 400 * 24 * HOUR],
    ['back', -HOUR],
    ['by a little more than five seconds', 5_001],
  ])('%s is in the log once, and in /readyz for an hour', (_how, by) => {
    const { clock, serving, lines, stop } = watched();
    clock.advance(10_000);
    expect(serving.details()).toEqual([]);
    clock.step(by);
    clock.advance(1_000);
    expect(serving.details()).toEqual([expect.stringContaining(`was set by ${Math.round(by / 1_000)} s`)]);
    expect(lines.map((line) => JSON.parse(line).seconds)).toEqual([Math.round(by / 1_000)]);
    clock.advance(HOUR);
    expect(serving.details()).toEqual([]);
    expect(lines).toHaveLength(1);
    stop();
    expect(clock.pending).toBe(0);
  });

  it('is not one that is corrected by little, or a machine that was asleep', () => {
    const { clock, serving, lines } = watched();
    for (let minute = 0; minute < 10; minute++) {
      clock.step(900);
      clock.advance(60_000);
    }
    clock.advance(24 * HOUR);
    expect(serving.details()).toEqual([]);
    expect(lines).toEqual([]);
  });

  it('twice says the latest', () => {
    const { clock, serving } = watched();
    clock.step(HOUR);
    clock.advance(1_000);
    clock.step(-HOUR);
    clock.advance(1_000);
    expect(serving.details()).toEqual([expect.stringContaining('by -3600 s')]);
  });
});
