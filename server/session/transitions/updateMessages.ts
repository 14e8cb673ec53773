import type { ChannelName } from '../../domain/channels.js';
import type { Update } from '../../store/documents.js';
import { released } from '../fallback.js';
import { deliveryEvents, recording } from '../history.js';
import { earliestDue, withDeliveries } from '../messages.js';
import type { StoredDelivery, StoredSession } from '../stored.js';

/** Vendor ids kept of one session: more than it can have messages. */
const VENDOR_IDS = 20;

/** What a session is found by when a vendor reports on one of its messages. */
export const vendorKey = (provider: string, vendorId: string): string => `${provider}/${vendorId}`;

/**
 * The update that puts deliveries in the place of those seen, with everything
 * that follows from it: events, refunds, channels that need not wait any longer,
 * and when the session is due next. `vendorId`: a message a vendor may report on.
 */
export function replacement(
  seen: StoredSession,
  changed: ReadonlyMap<ChannelName, StoredDelivery>,
  now: number,
  vendorId?: string,
): Update {
  const freed = released(withDeliveries(seen.channels, changed), now);
  const all = new Map([...changed, ...freed]);
  const deliverAt = earliestDue(withDeliveries(seen.channels, all));
  const deliveries = [...all].map(([channel, delivery]) => [`channels.${channel}.delivery`, delivery]);
  const history = recording(seen, deliveryEvents(seen.channels, all, now), now);
  const vendorIds = vendorId && { $each: [vendorId], $slice: -VENDOR_IDS };
  return {
    $set: { ...Object.fromEntries(deliveries), ...(deliverAt && { deliverAt }), ...history.set },
    ...(deliverAt ? {} : { $unset: { deliverAt: '' } }),
    $inc: { rev: 1 },
    ...((history.push || vendorIds) && { $push: { ...history.push, ...(vendorIds && { vendorIds }) } }),
  };
}
