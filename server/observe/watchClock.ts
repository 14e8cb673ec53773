import type { Clock } from '../platform/clock.js';
import { createStepDetector } from '../platform/clockSteps.js';
import { HOUR_MS, SECOND_MS } from '../platform/durations.js';
import type { Logger } from './log.js';
import type { Metrics } from './metrics/index.js';
import type { Serving } from './readiness.js';

interface Deps {
  readonly clock: Clock;
  readonly serving: Pick<Serving, 'note'>;
  readonly metrics: Pick<Metrics, 'clockSteps'>;
  readonly log: Logger;
}

/**
 * Looks every second whether the wall clock was set, and says so in the log, the
 * metrics and, for an hour, /readyz: expiry dates and limits are counted by it.
 * Returns how to stop.
 */
export function watchClock({ clock, serving, metrics, log }: Deps): () => void {
  const stepOf = createStepDetector(clock);
  let cancel = () => {};
  let forget = () => {};
  const look = () => {
    const step = stepOf();
    if (step !== 0) {
      const seconds = Math.round(step / SECOND_MS);
      metrics.clockSteps.add({});
      log.warn({ seconds }, 'the clock of this machine was set');
      forget();
      const noted = serving.note(
        `the clock of this machine was set by ${seconds} s: limits and expiry dates follow it; see that it is synchronised`,
      );
      const cancelForget = clock.after(HOUR_MS, noted);
      forget = () => {
        cancelForget();
        noted();
      };
    }
    cancel = clock.after(SECOND_MS, look);
  };
  cancel = clock.after(SECOND_MS, look);
  return () => {
    cancel();
    forget();
  };
}
