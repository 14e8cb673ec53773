import { setTimeout as pause } from 'node:timers/promises';
import { isBusy } from './sqlite.js';

/** How long another process may keep a lock before an operation gives up. */
const PATIENCE_MS = 2000;
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 4;

/**
 * Runs `attempt` until no other process is in the way, without blocking the
 * event loop; after two seconds the lock's error is thrown. The pauses are
 * real time, not the injected clock's: another process will not wait for a
 * test to move it. Their random part keeps processes from retrying in step.
 */
export async function retryWhileBusy<T>(attempt: () => T | Promise<T>): Promise<T> {
  let giveUpAt: number | undefined;
  for (let longest = FIRST_PAUSE_MS; ; longest = Math.min(longest * 2, LONGEST_PAUSE_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      giveUpAt ??= performance.now() + PATIENCE_MS;
      if (performance.now() >= giveUpAt) throw error;
    }
    await pause(Math.ceil(Math.random() * longest));
  }
}
