import type { ChannelName } from '../../domain/channels.js';
import type { Change } from '../change.js';
import type { StoredDelivery } from '../stored.js';

/** Vendor ids kept of one session: more than it can have messages. */
const VENDOR_IDS = 20;

/** The key by which a session is found when a vendor reports on one of its messages. */
export const vendorKey = (provider: string, vendorId: string): string => `${provider}/${vendorId}`;

/**
 * Messages were leased, sent, deferred, given up or reported on. `vendorKey`:
 * of a message a vendor may report on.
 */
export const updateMessages = (
  messages: ReadonlyMap<ChannelName, StoredDelivery>,
  at: number,
  key?: string,
): Change => ({
  at,
  messages,
  ...(key !== undefined && { push: { vendorIds: { entry: key, keep: VENDOR_IDS } } }),
});
