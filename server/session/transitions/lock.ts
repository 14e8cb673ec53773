import type { Change } from '../change.js';
import { sessionEvent } from '../history.js';
import { stopMessages, waitingOf } from '../messages.js';
import { OPEN } from '../status.js';
import type { StoredSession } from '../stored.js';

/**
 * No attempts are left: it is recorded once, by the first call or worker that finds it. A message
 * that waits for others never leaves, because its code could not be used.
 */
export const lock = (seen: StoredSession, at: number): Change => ({
  at,
  guard: { status: { $in: OPEN }, attemptsLeft: { $lte: 0 }, lockedAt: null },
  set: { lockedAt: new Date(at) },
  messages: stopMessages(seen.channels, waitingOf(seen.channels)),
  events: [sessionEvent('session.locked', at)],
});
