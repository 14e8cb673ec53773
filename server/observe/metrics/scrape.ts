import type { Clock } from '../../platform/clock.js';
import { expose } from './exposition.js';
import { instrumentsOf, type Metrics } from './index.js';

/** Brings metrics that are looked up, not counted, up to date; what it cannot find out it clears. */
export type Look = () => unknown | Promise<unknown>;

/** How long one response waits for what has to be asked for. */
const LIMIT_MS = 2_000;

/**
 * The exposition as it is now. Those who ask at the same time share one run, so
 * that the store does not feel how many ask; a look that takes too long, or
 * fails, is not waited for.
 */
export function createScrape(metrics: Metrics, looks: readonly Look[], clock: Clock): () => Promise<string> {
  let running: Promise<string> | undefined;
  const run = async () => {
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = clock.after(LIMIT_MS, resolve);
    });
    const looked = looks.map(async (look) => look());
    await Promise.race([Promise.allSettled(looked), late]);
    cancel();
    return expose(instrumentsOf(metrics));
  };
  return () => {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
}
