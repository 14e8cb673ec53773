import type { Logger } from '../../observe/log.js';
import type { Clock } from '../../platform/clock.js';
import type { StoredSession } from '../../session/stored.js';
import type { Collection } from '../../store/documents.js';

/** How often the store is read for what other processes changed in the sessions that have subscribers. */
const POLL_MS = 1_000;
/** Sessions read by one query. */
const BATCH = 100;

/** Receives a session after each change, and also when it has not changed. */
export type SessionListener = (session: StoredSession) => void;

/** Passes sessions on to those who subscribed to them. */
export interface SessionHub {
  /** A session was stored or read: its subscribers receive it at once. */
  publish: SessionListener;
  /** `listener` receives this session until the returned function is called. */
  subscribe(_id: string, listener: SessionListener): () => void;
}

/**
 * Changes that this process makes are published with its own writes; those of
 * other processes are found by reading the subscribed sessions once a second.
 * Nothing is read while there is no subscriber. A listener may receive an older
 * state of a session after a newer one.
 */
export function createHub(sessions: Collection<StoredSession>, clock: Clock, log: Logger): SessionHub {
  const subscribers = new Map<string, Set<SessionListener>>();
  let cancelPoll: (() => void) | undefined;

  function publish(session: StoredSession): void {
    for (const listener of subscribers.get(session._id) ?? []) listener(session);
  }

  async function poll(): Promise<void> {
    const ids = [...subscribers.keys()];
    for (let from = 0; from < ids.length; from += BATCH) {
      const batch = ids.slice(from, from + BATCH);
      for await (const session of sessions.find({ _id: { $in: batch } })) publish(session);
    }
  }

  function pollLater(): void {
    cancelPoll = clock.after(POLL_MS, () => {
      poll()
        .catch((error) => log.warn({ err: error }, 'watched sessions cannot be read; will retry'))
        .then(() => {
          if (subscribers.size > 0) pollLater();
          else cancelPoll = undefined;
        });
    });
  }

  return {
    publish,
    subscribe(_id, listener) {
      const others = subscribers.get(_id);
      if (others) others.add(listener);
      else subscribers.set(_id, new Set([listener]));
      if (!cancelPoll) pollLater();
      return () => {
        const left = subscribers.get(_id);
        left?.delete(listener);
        if (left?.size === 0) subscribers.delete(_id);
      };
    },
  };
}
