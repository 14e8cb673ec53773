import type { Clock } from '../platform/clock.js';
import { isOpen } from '../session/status.js';
import type { SessionEvent, StoredSession } from '../session/stored.js';
import { addressPaths } from '../session/transitions/erase.js';
import type { Collection, Update } from '../store/documents.js';

/** How long one process may take to carry out the events of a session before another does. */
const EVENT_LEASE_MS = 30_000;

/** Carries out one event, whose place in the history is `index`. May be called again for the same event: it must not matter. */
export type CarryOut = (session: StoredSession, event: SessionEvent, index: number) => Promise<void>;

/**
 * Carries out the events that updates left in a session, in order. The update
 * that caused an event also stored it, so no event is lost with the process that
 * caused it.
 *
 * `eventsAt` doubles as the lease: whoever moves it from the value seen holds
 * the events until the new one. An update that adds an event sets it anew, which
 * ends any lease and brings the queue back.
 */
export function createDrain(sessions: Collection<StoredSession>, carryOut: CarryOut, clock: Clock) {
  return async (due: StoredSession): Promise<void> => {
    const claimed = await claim(due);
    if (!claimed?.eventsAt) return;
    const { _id, eventsAt, events, eventsDone } = claimed;
    for (const [index, event] of events.entries())
      if (index >= eventsDone) await carryOut(claimed, event, index);
    const $set = { eventsDone: events.length };
    const caughtUp = await sessions.findOneAndUpdate({ _id, eventsAt }, { $set, ...finished(claimed) });
    // More happened meanwhile: that waits for the next turn, this is done unless the next turn did it too.
    if (!caughtUp) await sessions.findOneAndUpdate({ _id, eventsDone }, { $set });
  };

  async function claim(due: StoredSession): Promise<StoredSession | null> {
    const { _id, eventsAt } = due;
    if (!eventsAt) return null;
    const until = new Date(clock.now() + EVENT_LEASE_MS);
    return sessions.findOneAndUpdate({ _id, eventsAt }, { $set: { eventsAt: until } });
  }
}

/** With its last event a decided session also loses the addresses: nothing needs them any more. */
function finished(session: StoredSession): Update {
  const paths = isOpen(session) ? [] : ['eraseAt', ...addressPaths(session)];
  return { $unset: Object.fromEntries(['eventsAt', ...paths].map((path) => [path, '' as const])) };
}
