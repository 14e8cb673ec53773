import type { Logger } from '../../../observe/log.js';
import type { Clock } from '../../../platform/clock.js';
import { SECOND_MS } from '../../../platform/durations.js';
import type { StoredSession } from '../../../session/stored.js';
import type { Collection } from '../../../store/documents.js';

const POLL_MS = SECOND_MS;
/**
 * How old an entry is before it is shown. By then the write that stored it can
 * be read, whichever process made it, and a right code has taken out the check
 * that was stored with its attempt.
 */
export const SETTLED_MS = 2 * SECOND_MS;

/** One who wants to know what happened to sessions. */
export interface TailListener {
  /** Since when it wants to know, milliseconds; undefined while it has enough. */
  from(): number | undefined;
  /** A session that has changed since then, read now. */
  read(session: StoredSession, until: number): void;
  /** Every such session was read. */
  end(until: number): void;
}

/** Reads what has changed, for all listeners together. */
export interface TailHub {
  /** `listener` is served until the returned function is called. */
  subscribe(listener: TailListener): () => void;
}

/**
 * One query a second by the index of `changedAt`, and none while there is no
 * listener. What a listener has not fetched yet is not read again for it.
 */
export function createTailHub(sessions: Collection<StoredSession>, clock: Clock, log: Logger): TailHub {
  const listeners = new Set<TailListener>();
  let isPolling = false;

  async function poll(): Promise<void> {
    const until = clock.now() - SETTLED_MS;
    const waiting = [...listeners].flatMap((listener) => {
      const from = listener.from();
      return from === undefined ? [] : [{ listener, from }];
    });
    if (waiting.length === 0) return;
    const since = new Date(Math.min(...waiting.map(({ from }) => from)));
    for await (const session of sessions.find({ changedAt: { $gte: since } }, { sort: { changedAt: 1 } })) {
      const changedAt = session.changedAt?.getTime() ?? 0;
      for (const { listener, from } of waiting) if (changedAt >= from) listener.read(session, until);
    }
    for (const { listener } of waiting) listener.end(until);
  }

  function pollLater(): void {
    isPolling = true;
    clock.after(POLL_MS, () => {
      if (listeners.size === 0) {
        isPolling = false;
        return;
      }
      poll()
        .catch((error) => log.warn({ err: error }, 'changed sessions cannot be read; will retry'))
        .finally(pollLater);
    });
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      if (!isPolling) pollLater();
      return () => void listeners.delete(listener);
    },
  };
}
