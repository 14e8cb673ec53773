import type { Clock } from '../clock.js';
import { recording } from '../domain/events.js';
import type { StoredSession } from '../domain/session.js';
import { missingEnd } from '../domain/sessionEnd.js';
import type { Collection } from '../store/documents.js';

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
      const history = recording(seen, end ? [end] : [], now);
      const $set = { ...(end?.type === 'session.locked' && { lockedAt: new Date(now) }), ...history.set };
      const stored = await sessions.findOneAndUpdate(
        { _id: seen._id, rev: seen.rev },
        {
          ...(Object.keys($set).length > 0 && { $set }),
          ...(isDue && { $unset: { expireAt: '' } }),
          ...(history.push && { $push: history.push }),
          $inc: { rev: 1 },
        },
      );
      if (stored) return;
    }
  };
}
