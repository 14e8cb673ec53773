import { channelsOf } from '../session/status.js';
import type { StoredSession } from '../session/stored.js';
import type { Collection } from '../store/documents.js';

/**
 * Sessions read. The oldest message is among those due first, unless that many
 * wait for another delivery attempt.
 */
const MOST_READ = 100;

/**
 * Since when the oldest unsent message has been waiting for a provider,
 * milliseconds; undefined if there is none.
 */
export async function oldestUndelivered(sessions: Collection<StoredSession>): Promise<number | undefined> {
  const found = await sessions
    .find({ deliverAt: { $gte: new Date(0) } }, { sort: { deliverAt: 1 }, limit: MOST_READ })
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
