import { setTimeout as pause } from 'node:timers/promises';
import { isOpen } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';
import type { Collection } from '../../store/documents.js';

/** The longest a comparison takes, milliseconds. */
const LONGEST = 2_000;
const PAUSE = 20;

/**
 * Whether the last attempt of a session may be being compared: the call that finds it
 * wrong records the lock, and the call that finds it right approves the channel.
 */
const mayBeUnderWay = (session: StoredSession): boolean =>
  isOpen(session) && session.attemptsLeft <= 0 && session.lockedAt === undefined;

/**
 * The session once no comparison of its last attempt can be under way, at the
 * latest after two seconds, when it was cut off: a right code given several
 * times at once must not report the lock that only the others see. In real time,
 * because what it waits for runs in real time.
 */
export async function awaitComparison(
  sessions: Collection<StoredSession>,
  seen: StoredSession,
): Promise<StoredSession | null> {
  const begun = performance.now();
  let latest: StoredSession | null = seen;
  while (latest && mayBeUnderWay(latest) && performance.now() - begun < LONGEST) {
    await pause(PAUSE);
    latest = await sessions.findOne({ _id: seen._id });
  }
  return latest;
}
