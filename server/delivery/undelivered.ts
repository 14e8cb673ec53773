import { channelsOf } from '../session/status.js';
import type { StoredSession } from '../session/stored.js';
import type { Collection } from '../store/documents.js';

/** Sessions looked at. The oldest message is among those that are due first, unless that many wait for another try. */
const LOOKED_AT = 100;

/** When the oldest message that waits for a provider began to wait, milliseconds; undefined where none does. */
export async function oldestUndelivered(sessions: Collection<StoredSession>): Promise<number | undefined> {
  const found = await sessions
    .find({ deliverAt: { $gte: new Date(0) } }, { sort: { deliverAt: 1 }, limit: LOOKED_AT })
    .toArray();
  const waiting = found.flatMap((session) =>
    channelsOf(session).flatMap(([, { delivery }]) =>
      // A message that waits for others to fail first is not late.
      delivery.state === 'QUEUED' && !delivery.waits
        ? [(delivery.freedAt ?? session.createdAt).getTime()]
        : [],
    ),
  );
  return waiting.length > 0 ? Math.min(...waiting) : undefined;
}
