import type { Clock } from '../platform/clock.js';
import { recording } from '../session/history.js';
import { missingEnd } from '../session/missingEnd.js';
import type { SessionEvent, StoredSession } from '../session/stored.js';
import { locking } from '../session/transitions/lock.js';
import type { Collection, Update } from '../store/documents.js';

/** Stores the end that time brought to a session, where its history does not tell of it yet. */
export type Expire = (session: StoredSession) => Promise<void>;

/**
 * Time changes no document, so somebody has to write that a session is over: the
 * queue for the sessions that somebody subscribed to, and whoever watches one.
 * However many find it, it is stored once.
 */
export function createExpire(sessions: Collection<StoredSession>, clock: Clock): Expire {
  return async (found) => {
    for (let seen: StoredSession | null = found; seen; seen = await sessions.findOne({ _id: found._id })) {
      const now = clock.now();
      const end = missingEnd(seen, now);
      const isDue = seen.expireAt !== undefined && seen.expireAt.getTime() <= now;
      if (!end && !isDue) return;
      const told = end?.type === 'session.locked' ? locking(seen, now) : ending(seen, end, now);
      const stored = await sessions.findOneAndUpdate(
        { _id: seen._id, rev: seen.rev },
        { ...told, ...(isDue && { $unset: { ...told.$unset, expireAt: '' } }) },
      );
      if (stored) return;
    }
  };
}

function ending(seen: StoredSession, end: SessionEvent | undefined, now: number): Update {
  const { set, push } = recording(seen, end ? [end] : [], now);
  return {
    ...(Object.keys(set).length > 0 && { $set: set }),
    ...(push && { $push: push }),
    $inc: { rev: 1 },
  };
}
