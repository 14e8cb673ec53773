import type { Clock } from '../../platform/clock.js';
import { MINUTE_MS } from '../../platform/durations.js';

/** As often as MongoDB's own TTL monitor. */
const EVERY_MS = MINUTE_MS;

/** Does what MongoDB's TTL index does: removes, now and then, what may go. Returns how to stop it. */
export function startSweeper(clock: Clock, sweep: (now: Date) => Promise<void>): () => Promise<void> {
  let stopped = false;
  let sweeping = Promise.resolve();
  let cancel = schedule();

  function schedule(): () => void {
    return clock.after(EVERY_MS, () => {
      sweeping = sweep(new Date(clock.now()))
        // A store that cannot be written tells everyone who uses it; the next round tries again.
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
