import type { Update } from '../../store/documents.js';
import { deliveryEvents, recording, sessionEvent } from '../history.js';
import { earliestDue, stopped, waitingOf, withDeliveries } from '../messages.js';
import type { StoredSession } from '../stored.js';

/**
 * The update by which a session without attempts is locked. Nobody could use the
 * code of a message that waits for others, so it never leaves; of a document in
 * which one waits, the update holds for exactly the `rev` seen.
 */
export function locking(seen: StoredSession, now: number): Update {
  const done = stopped(seen.channels, waitingOf(seen.channels));
  const deliverAt = earliestDue(withDeliveries(seen.channels, done));
  const deliveries = [...done].map(([name, delivery]) => [`channels.${name}.delivery`, delivery]);
  const ended = [sessionEvent('session.locked', now), ...deliveryEvents(seen.channels, done, now)];
  const history = recording(seen, ended, now);
  return {
    $set: {
      lockedAt: new Date(now),
      ...Object.fromEntries(deliveries),
      ...(done.size > 0 && deliverAt && { deliverAt }),
      ...history.set,
    },
    ...(done.size > 0 && !deliverAt && { $unset: { deliverAt: '' } }),
    $inc: { rev: 1 },
    $push: { ...history.push },
  };
}
