import type { Clock } from './clock.js';

/** A change of the wall clock by more than this is a step: it was set. */
const STEP_MS = 5_000;

/**
 * Compares the wall clock with the one that never steps. Each call returns by how
 * many milliseconds the wall clock was set since the last one; 0 where it was not.
 */
export function createStepDetector(clock: Pick<Clock, 'now' | 'monotonic'>): () => number {
  const distance = () => clock.now() - clock.monotonic();
  let before = distance();
  return () => {
    const now = distance();
    const step = now - before;
    // Followed also where it is no step: a clock is corrected by little, again and again.
    before = now;
    return Math.abs(step) > STEP_MS ? step : 0;
  };
}
