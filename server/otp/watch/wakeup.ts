import type { Clock } from '../../platform/clock.js';

/** Lets a loop sleep until somebody rings or a time has come. Whoever wakes looks at everything anew. */
export interface Bell {
  /** A ring while nobody sleeps wakes the next one at once. */
  ring(): void;
  /** `until`: milliseconds since the epoch. */
  rings(until: number): Promise<void>;
}

export function createBell(clock: Clock): Bell {
  let rung = false;
  let wake = () => {};
  return {
    ring() {
      rung = true;
      wake();
    },
    async rings(until) {
      if (!rung) {
        let cancel = () => {};
        await new Promise<void>((resolve) => {
          wake = resolve;
          cancel = clock.after(until - clock.now(), resolve);
        });
        cancel();
      }
      rung = false;
    },
  };
}
