import { MINUTE_MS } from '../../platform/durations.js';
import type { Change } from '../change.js';
import { channelsOf } from '../status.js';
import type { StoredSession } from '../stored.js';

/** Events may still need the addresses: erasing waits this long for them. */
const WAIT_MS = MINUTE_MS;

/**
 * No resend can revive the session any more: its addresses are erased, once its
 * events have been processed.
 */
export const erase = (seen: StoredSession, at: number): Change =>
  seen.eventsAt
    ? { at, set: { eraseAt: new Date(at + WAIT_MS) } }
    : { at, unset: ['eraseAt', ...addressPaths(seen)] };

/** Where a session keeps its sealed addresses, the person's IP address among them. */
export const addressPaths = (session: StoredSession): string[] => [
  ...channelsOf(session).map(([name]) => `channels.${name}.address`),
  'endUserIp',
];
