import type { Logger } from '../../observe/log.js';
import type { Clock } from '../../platform/clock.js';
import type { StoredSession } from '../../session/stored.js';
import type { Collection } from '../../store/documents.js';

/** How often the store is asked for what other processes did to the sessions that are followed. */
const POLL_MS = 1_000;
/** Sessions asked for at once. */
const BATCH = 100;

/** Whoever follows a session is handed it again and again, not only when it changed. */
export type Told = (session: StoredSession) => void;

/** Tells those who follow a session what becomes of it. */
export interface SessionHub {
  /** A session was stored or read: those who follow it are told at once. */
  tell: Told;
  /** Tells of this session from now on, until the returned function is called. */
  follow(_id: string, told: Told): () => void;
}

/**
 * What this process does to a session is told by its own writes; what others do
 * is found by asking for the followed sessions once a second. Nothing is asked
 * while nobody follows. A session may be told in an older state after a newer one.
 */
export function createHub(sessions: Collection<StoredSession>, clock: Clock, log: Logger): SessionHub {
  const followers = new Map<string, Set<Told>>();
  let cancelPoll: (() => void) | undefined;

  function tell(session: StoredSession): void {
    for (const told of followers.get(session._id) ?? []) told(session);
  }

  async function poll(): Promise<void> {
    const ids = [...followers.keys()];
    for (let from = 0; from < ids.length; from += BATCH) {
      const batch = ids.slice(from, from + BATCH);
      for await (const session of sessions.find({ _id: { $in: batch } })) tell(session);
    }
  }

  function pollLater(): void {
    cancelPoll = clock.after(POLL_MS, () => {
      poll()
        .catch((error) => log.warn({ err: error }, 'followed sessions cannot be read; trying again'))
        .then(() => {
          if (followers.size > 0) pollLater();
          else cancelPoll = undefined;
        });
    });
  }

  return {
    tell,
    follow(_id, told) {
      const others = followers.get(_id);
      if (others) others.add(told);
      else followers.set(_id, new Set([told]));
      if (!cancelPoll) pollLater();
      return () => {
        const left = followers.get(_id);
        left?.delete(told);
        if (left?.size === 0) followers.delete(_id);
      };
    },
  };
}
