import type { Change } from '../change.js';
import { sessionEvent } from '../history.js';
import { stopMessages } from '../messages.js';
import { channelsOf, OPEN } from '../status.js';
import type { StoredSession } from '../stored.js';

/** The caller `by` ends an open session: its codes are gone, and what has not been sent never is. */
export function cancel(seen: StoredSession, at: number, by: string): Change {
  const names = channelsOf(seen).map(([name]) => name);
  return {
    at,
    guard: { status: { $in: OPEN } },
    set: {
      status: 'CANCELED',
      canceledAt: new Date(at),
      eraseAt: new Date(at),
      ...(by !== seen.client && { canceledBy: by }),
    },
    unset: ['expireAt', ...names.map((name) => `channels.${name}.codeHash`)],
    messages: stopMessages(seen.channels, names),
    events: [sessionEvent('session.canceled', at)],
  };
}
