import type { Clock } from '../platform/clock.js';
import { changeGuarded } from '../session/change.js';
import type { StoredSession } from '../session/stored.js';
import { expire } from '../session/transitions/expire.js';
import type { Collection } from '../store/documents.js';

/** Stores the end that time brought to a session, where its history lacks it. */
export type Expire = (session: StoredSession) => Promise<void>;

/**
 * Time changes no document, so a process has to record that a session has
 * expired: the queue for sessions with a subscriber, and every stream that
 * watches one. However many find it, it is stored once.
 */
export function createExpire(sessions: Collection<StoredSession>, clock: Clock): Expire {
  return async (found) => {
    await changeGuarded(sessions, found, (seen) => expire(seen, clock.now()));
  };
}
