import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits for something that happens on another connection or in another process
 * and sends no event here. Gives back the first result that is neither
 * undefined nor false; the test's own time limit ends a wait in vain.
 */
export async function eventually<T>(
  look: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await pause(5);
  }
}
