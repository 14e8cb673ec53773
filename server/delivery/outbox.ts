import type { StoredSession } from '../session/stored.js';
import { workspaceOf } from '../store/documentId.js';
import type { DueQueue } from '../store/dueQueue.js';
import type { Delivery } from './deliver.js';

/** How sessions with messages to send reach the delivery worker. */
export interface Outbox {
  /** A stored session with a message that is due. */
  offer(session: StoredSession): void;
  /**
   * Leases the messages of a session that is about to be stored, so that its insert
   * commits the leases too and no claim follows it. Undefined where they cannot be
   * sent at once: a lease runs while its message waits.
   */
  begin(session: StoredSession): Promise<BegunDelivery | undefined>;
}

/** Messages that are leased and not stored yet. One of the three is to be called. */
export interface BegunDelivery {
  /** The session to store. */
  readonly session: StoredSession;
  stored(): void;
  notStored(): void;
  /** The store did not say. */
  unknown(): void;
}

export function createOutbox(
  queue: Pick<DueQueue<StoredSession>, 'offer' | 'reserve'>,
  claimNew: Delivery['claimNew'],
): Outbox {
  return {
    offer: queue.offer,
    async begin(session) {
      if (!session.deliverAt) return undefined;
      const place = queue.reserve({ workspace: workspaceOf(session), client: session.client });
      if (!place) return undefined;
      let claimed: Awaited<ReturnType<typeof claimNew>>;
      try {
        claimed = await claimNew(session);
      } finally {
        if (!claimed) place.leave();
      }
      if (!claimed) return undefined;
      const { session: leased, deliver, discard, letGo } = claimed;
      return {
        session: leased,
        stored: () => place.use(leased, deliver),
        notStored() {
          discard();
          place.leave();
        },
        unknown() {
          discard();
          place.leave();
          void letGo(leased).then((freed) => freed && queue.offer(freed));
        },
      };
    },
  };
}
