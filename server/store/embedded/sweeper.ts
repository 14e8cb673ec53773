import type { Clock } from '../../platform/clock.js';
import { createStepDetector } from '../../platform/clockSteps.js';
import { HOUR_MS, MINUTE_MS } from '../../platform/durations.js';

/** As often as MongoDB's own TTL monitor. */
const EVERY_MS = MINUTE_MS;
/** How long nothing is removed while the clock is doubtful: time to notice and correct it. */
const PAUSE_MS = HOUR_MS;

/** What a sweeper does and remembers. */
export interface Sweeping {
  readonly sweep: (now: Date) => Promise<void>;
  /** When the store was last swept, by any process: the newest time it knows of. */
  readonly lastSwept: () => Promise<Date | undefined>;
  readonly swept: (now: Date) => Promise<void>;
}

/**
 * Removes expired documents periodically, as MongoDB's TTL index does. Where the
 * clock was set, or is more than an hour beyond what the store knows at the
 * start, nothing is removed for an hour: a clock that is a year ahead for a moment
 * would remove everything. Returns how to stop it.
 */
export function startSweeper(clock: Clock, { sweep, lastSwept, swept }: Sweeping): () => Promise<void> {
  const stepOf = createStepDetector(clock);
  let stopped = false;
  let isFirst = true;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let sweeping = Promise.resolve();
  let cancel = schedule();

  async function isPaused(now: Date): Promise<boolean> {
    const last = isFirst ? await lastSwept() : undefined;
    isFirst = false;
    const isBeyond = last !== undefined && now.getTime() - last.getTime() > PAUSE_MS;
    if (isBeyond || stepOf() !== 0) pausedUntil = clock.monotonic() + PAUSE_MS;
    return clock.monotonic() < pausedUntil;
  }

  async function round(now: Date): Promise<void> {
    if (await isPaused(now)) return;
    await swept(now);
    await sweep(now);
  }

  function schedule(): () => void {
    return clock.after(EVERY_MS, () => {
      sweeping = round(new Date(clock.now()))
        // A store that cannot be written fails its callers as well; the next round retries.
        .catch(() => {})
        .finally(() => {
          if (!stopped) cancel = schedule();
        });
    });
  }

  return async () => {
    stopped = true;
    cancel();
    await sweeping;
  };
}
