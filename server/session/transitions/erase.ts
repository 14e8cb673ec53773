import { addresses } from '../../effects/worker.js';
import type { Clock } from '../../platform/clock.js';
import { MINUTE_MS } from '../../platform/durations.js';
import type { Collection } from '../../store/documents.js';
import type { StoredSession } from '../stored.js';

/** Events may still need the addresses: erasing waits this long for them. */
const WAIT_MS = MINUTE_MS;

/** Erases the addresses of a session that no resend can revive any more. */
export function createErase(sessions: Collection<StoredSession>, clock: Clock) {
  return (session: StoredSession): Promise<unknown> =>
    sessions.findOneAndUpdate(
      { _id: session._id, rev: session.rev },
      session.eventsAt
        ? { $set: { eraseAt: new Date(clock.now() + WAIT_MS) }, $inc: { rev: 1 } }
        : { $unset: { eraseAt: '', ...addresses(session) }, $inc: { rev: 1 } },
    );
}
