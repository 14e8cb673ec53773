import type { ChannelName } from '../../domain/channels.js';
import type { Change } from '../change.js';
import { SESSION_LIMITS } from '../limits.js';
import type { StoredAttempt, StoredDelivery } from '../storedDelivery.js';

/** Vendor ids kept of one session: more than it can have messages. */
const VENDOR_IDS = 20;

/** The key by which a session is found when a vendor reports on one of its messages. */
export const vendorKey = (provider: string, vendorId: string): string => `${provider}/${vendorId}`;

/** What a delivery attempt adds to the session. */
interface Attempted {
  readonly attempt: StoredAttempt;
  /** Of a message a vendor may report on: see `vendorKey`. */
  readonly reportedAs: string | undefined;
}

/** Messages were leased, sent, deferred, given up or reported on. */
export const updateMessages = (
  messages: ReadonlyMap<ChannelName, StoredDelivery>,
  at: number,
  attempted?: Attempted,
): Change => ({
  at,
  messages,
  ...(attempted && {
    inc: { attempted: 1 },
    push: {
      attempts: { entry: attempted.attempt, keep: SESSION_LIMITS.deliveryAttempts },
      ...(attempted.reportedAs !== undefined && {
        vendorIds: { entry: attempted.reportedAs, keep: VENDOR_IDS },
      }),
    },
  }),
});
