import type { Clock } from '../platform/clock.js';
import { eventsDue } from '../session/history.js';
import type { StoredSession } from '../session/stored.js';
import type { Collection } from '../store/documents.js';
import { leasedUntil } from '../store/leases.js';

interface Deps {
  readonly sessions: Collection<StoredSession>;
  /** The session has events to process now. */
  readonly offer: (session: StoredSession) => void;
  readonly clock: Clock;
}

/** Takes over the events that a process which has ended had begun to process. Their effects may be applied twice. */
export function createTakeOver({ sessions, offer, clock }: Deps) {
  return async (owner: string): Promise<void> => {
    for await (const found of sessions.find(leasedUntil('eventsAt', clock), { sort: { eventsAt: 1 } })) {
      const { _id, eventsAt, eventsOwner } = found;
      if (!eventsAt || eventsOwner !== owner) continue;
      const free = await sessions.findOneAndUpdate(
        { _id, eventsAt, eventsOwner },
        { $set: eventsDue(found, new Date(clock.now())), $unset: { eventsOwner: '' } },
      );
      if (free) offer(free);
    }
  };
}
