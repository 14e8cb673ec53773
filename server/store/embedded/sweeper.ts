import type { Clock } from '../../platform/clock.js';
import { MINUTE_MS } from '../../platform/durations.js';

/** As often as MongoDB's own TTL monitor. */
const EVERY_MS = MINUTE_MS;

/** Removes expired documents periodically, as MongoDB's TTL index does. Returns how to stop it. */
export function startSweeper(clock: Clock, sweep: (now: Date) => Promise<void>): () => Promise<void> {
  let stopped = false;
  let sweeping = Promise.resolve();
  let cancel = schedule();

  function schedule(): () => void {
    return clock.after(EVERY_MS, () => {
      sweeping = sweep(new Date(clock.now()))
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
