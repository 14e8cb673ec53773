import type { Clock } from '../../platform/clock.js';

/** Lets a loop wait until it is notified or a time has come. After a wait the loop looks at everything again. */
export interface Wakeup {
  /** Ends the wait; while nothing waits, the next wait ends at once. */
  notify(): void;
  /** `until`: milliseconds since the epoch. */
  wait(until: number): Promise<void>;
}

export function createWakeup(clock: Clock): Wakeup {
  let notified = false;
  let wake = () => {};
  return {
    notify() {
      notified = true;
      wake();
    },
    async wait(until) {
      if (!notified) {
        let cancel = () => {};
        await new Promise<void>((resolve) => {
          wake = resolve;
          cancel = clock.after(until - clock.now(), resolve);
        });
        cancel();
      }
      notified = false;
    },
  };
}
