import type { Clock } from '../clock.js';
import { channelsOf, type SessionEvent, type StoredSession } from '../domain/session.js';
import type { Collection, Update } from '../store/documents.js';

/** How long one process may take to carry out the events of a session before another does. */
export const EVENT_LEASE_MS = 30_000;

/** Carries out one event. May be called again for the same event: it must not matter. */
export type CarryOut = (session: StoredSession, event: SessionEvent) => Promise<void>;

/**
 * Carries out the events that updates left in a session, in order, and takes
 * them out. The update that caused an event also stored it, so no event is lost
 * with the process that caused it.
 *
 * `eventsAt` doubles as the lease: whoever moves it from the value seen holds
 * the events until the new one. An update that adds an event sets it anew, which
 * ends any lease and brings the queue back.
 */
export function createDrain(sessions: Collection<StoredSession>, carryOut: CarryOut, clock: Clock) {
  return async (due: StoredSession): Promise<void> => {
    const claimed = await claim(due);
    if (!claimed?.eventsAt) return;
    for (const event of claimed.events) await carryOut(claimed, event);
    const { _id, eventsAt, events } = claimed;
    const $pull = { events: { id: { $in: events.map(({ id }) => id) } } };
    const emptied = await sessions.findOneAndUpdate({ _id, eventsAt }, { $pull, ...finished(claimed) });
    if (!emptied) await sessions.findOneAndUpdate({ _id }, { $pull });
  };

  async function claim(due: StoredSession): Promise<StoredSession | null> {
    const { _id, eventsAt } = due;
    if (!eventsAt) return null;
    const until = new Date(clock.now() + EVENT_LEASE_MS);
    return sessions.findOneAndUpdate({ _id, eventsAt }, { $set: { eventsAt: until } });
  }
}

/** With its last event a decided session also loses the addresses: nobody needs them any more. */
function finished(session: StoredSession): Update {
  const decided = session.status === 'APPROVED' || session.status === 'CANCELED';
  return {
    $unset: {
      eventsAt: '',
      ...(decided && { eraseAt: '', ...addresses(session) }),
    },
  };
}

/** The paths of the sealed addresses, to be unset. */
export const addresses = (session: StoredSession): Record<string, ''> =>
  Object.fromEntries(channelsOf(session).map(([name]) => [`channels.${name}.address`, '']));
