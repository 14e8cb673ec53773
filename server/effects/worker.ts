import type { Clock } from '../platform/clock.js';
import { eventsDue } from '../session/history.js';
import { isOpen } from '../session/status.js';
import type { StoredSession } from '../session/stored.js';
import type { SessionEvent } from '../session/storedEvents.js';
import { addressPaths } from '../session/transitions/erase.js';
import type { Collection, Update } from '../store/documents.js';
import { claimSurely } from '../store/leases.js';

/** How long one process may take to process the events of a session before another does. */
const EVENT_LEASE_MS = 30_000;

/**
 * Applies the effects of one event, whose place in the history is `index`. It
 * may be called again for the same event, so it must be idempotent.
 */
export type ApplyEffects = (session: StoredSession, event: SessionEvent, index: number) => Promise<void>;

interface Deps {
  readonly sessions: Collection<StoredSession>;
  readonly applyEffects: ApplyEffects;
  /** This process, as it is known to the others. */
  readonly owner: string;
  readonly clock: Clock;
}

/**
 * Processes the pending events of a session, in order. The update that caused an
 * event also stored it, so no event is lost with the process that caused it.
 *
 * `eventsAt` is also the lease: the process that moves it from the value it read
 * holds the events until the new value. A change that adds an event sets it to
 * the present, which ends any lease and makes the session due again.
 */
export function createEventWorker({ sessions, applyEffects, owner, clock }: Deps) {
  return async (due: StoredSession): Promise<void> => {
    const claimed = await claim(due);
    if (!claimed?.eventsAt) return;
    const { _id, eventsAt, events, eventsDone } = claimed;
    for (const [index, event] of events.entries())
      if (index >= eventsDone) await applyEffects(claimed, event, index);
    const $set = { eventsDone: events.length };
    const isDone = await sessions.findOneAndUpdate({ _id, eventsAt }, { $set, ...finished(claimed) });
    // An event was added in the meantime and is due again; what was processed here counts unless
    // another process has counted it.
    if (!isDone) await sessions.findOneAndUpdate({ _id, eventsDone }, { $set });
  };

  async function claim(due: StoredSession): Promise<StoredSession | null> {
    const { _id, eventsAt } = due;
    if (!eventsAt) return null;
    const until = new Date(clock.now() + EVENT_LEASE_MS);
    const $set = { ...eventsDue(due, until), eventsOwner: owner };
    return claimSurely(async (repeated) => {
      const claimed = await sessions.findOneAndUpdate({ _id, eventsAt }, { $set });
      if (claimed || !repeated) return claimed;
      return sessions.findOne({ _id, eventsAt: until, eventsOwner: owner });
    }, clock);
  }
}

/** With its last event a decided session also loses the addresses: nothing needs them any more. */
function finished(session: StoredSession): Update {
  const paths = isOpen(session) ? [] : ['eraseAt', ...addressPaths(session)];
  return {
    $unset: Object.fromEntries(
      ['eventsAt', 'eventsKey', 'eventsOwner', ...paths].map((path) => [path, '' as const]),
    ),
  };
}
