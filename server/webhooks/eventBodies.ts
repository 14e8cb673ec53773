import type { Encryption } from '../secrets/encryption.js';
import type { Place } from '../secrets/sealedFields.js';
import type { StoredEvent } from './stored.js';

/** The body of an event as it is posted, and as it lies in the store. */
export interface EventBodies {
  /** An event to be stored. `shown`: its body without the metadata of the session; undefined where that has none. */
  seal(event: StoredEvent, shown: string | undefined): StoredEvent;
  /** The body as it is posted. Throws Failure INTERNAL where it cannot be opened. */
  open(event: Pick<StoredEvent, '_id' | 'body' | 'sealed'>): string;
}

const placeOf = (id: string): Place => ({ collection: 'events', id, field: 'sealed' });

/**
 * Seals bodies that hold metadata, as sessions seal theirs. What is left in clear
 * is what processes of release 0.1 on the same database post.
 */
export function createEventBodies(encryption: Encryption): EventBodies {
  return {
    seal(event, shown) {
      if (shown === undefined) return event;
      return { ...event, body: shown, sealed: encryption.seal(placeOf(event._id), event.body) };
    },
    open: ({ _id, body, sealed }) => (sealed === undefined ? body : encryption.open(placeOf(_id), sealed)),
  };
}
