import type { Clock } from '../platform/clock.js';
import { changeGuarded } from '../session/change.js';
import type { StoredSession } from '../session/stored.js';
import { erase } from '../session/transitions/erase.js';
import type { Collection } from '../store/documents.js';

/** Erases the addresses of the sessions whose time for that has come. */
export function createErase(sessions: Collection<StoredSession>, clock: Clock) {
  return async (found: StoredSession): Promise<void> => {
    await changeGuarded(sessions, found, (seen) => {
      const now = clock.now();
      return seen.eraseAt && seen.eraseAt.getTime() <= now ? erase(seen, now) : undefined;
    });
  };
}
