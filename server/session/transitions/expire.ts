import type { Change } from '../change.js';
import { missingEnd } from '../missingEnd.js';
import type { StoredSession } from '../stored.js';
import { lock } from './lock.js';

/**
 * Time has ended the session: its history records that, and it leaves the queue
 * of those that will expire. The end is `locked` where the process that compared
 * the last code ended before it could say so. Undefined where nothing is missing.
 */
export function expire(seen: StoredSession, at: number): Change | undefined {
  const end = missingEnd(seen, at);
  const isDue = seen.expireAt !== undefined && seen.expireAt.getTime() <= at;
  if (!end && !isDue) return undefined;
  const ended: Change =
    end?.type === 'session.locked'
      ? lock(seen, at)
      : { at, events: end ? [{ ...end, storedAt: new Date(at) }] : [] };
  return isDue ? { ...ended, unset: ['expireAt'] } : ended;
}
