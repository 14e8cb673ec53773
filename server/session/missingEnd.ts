import { sessionEvent } from './history.js';
import type { StoredSession } from './stored.js';
import type { SessionEvent } from './storedEvents.js';

type Ending = Pick<StoredSession, 'status' | 'lockedAt' | 'attemptsLeft' | 'expiresAt' | 'events'>;

const isDecided = ({ status, lockedAt }: Ending): boolean =>
  status === 'APPROVED' || status === 'CANCELED' || lockedAt !== undefined;

/**
 * The event that the history of a session lacks because only time caused it;
 * undefined where none is missing. Its id names the end, so every process that
 * finds it records the same event; a resend gives the session another end.
 */
export function missingEnd(session: Ending, now: number): SessionEvent | undefined {
  const { attemptsLeft, expiresAt, events } = session;
  if (isDecided(session) || expiresAt.getTime() > now) return undefined;
  // The process that compared the last code ended before it could record the lock.
  if (attemptsLeft <= 0) return sessionEvent('session.locked', now);
  const expired = sessionEvent('session.expired', expiresAt.getTime());
  return events.some(({ id }) => id === expired.id) ? undefined : expired;
}

/**
 * Whether the history is complete, unless a resend revives an expired session.
 * No attempts left alone is not the end: the last code may be under comparison.
 */
export const hasEnded = (session: Ending, now: number): boolean =>
  isDecided(session) || (session.expiresAt.getTime() <= now && missingEnd(session, now) === undefined);
