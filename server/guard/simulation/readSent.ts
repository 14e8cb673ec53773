import { firstIdAt } from '../../domain/ids.js';
import type { StoredSession } from '../../session/stored.js';
import type { Collection } from '../../store/documents.js';
import type { Turn } from '../tally.js';
import { type SentSession, sentMessagesOf } from './sentMessages.js';

/** Sessions that are simulated: the latest. */
export const MOST_SESSIONS = 20_000;
/** Documents read in one turn. */
const TURN = 200;

/** Sessions of a time, milliseconds. */
interface Wanted {
  readonly workspace: string;
  readonly from: number;
  readonly to: number;
  readonly turn: Turn;
}

/** Reads what a workspace sent to phones, oldest first, and since when: later than `from` where there are too many sessions. */
export async function readSent(
  stored: Collection<StoredSession>,
  { workspace, from, to, turn }: Wanted,
): Promise<{ readonly sessions: readonly SentSession[]; readonly from: number }> {
  const sessions: SentSession[] = [];
  const partition = `${workspace}.live`;
  let $lt = `${workspace}/${firstIdAt(to)}`;
  for (let read = 0; read < MOST_SESSIONS; read += TURN) {
    const _id = { $gte: `${workspace}/${firstIdAt(from)}`, $lt };
    const found = await turn(() =>
      stored.find({ _id, partition }, { sort: { _id: -1 }, limit: TURN }).toArray(),
    );
    sessions.push(...found.flatMap((session) => sentMessagesOf(session) ?? []));
    const last = found.at(-1);
    if (!last || found.length < TURN) return { sessions: sessions.reverse(), from };
    $lt = last._id;
    if (read + TURN >= MOST_SESSIONS) return { sessions: sessions.reverse(), from: last.createdAt.getTime() };
  }
  return { sessions: sessions.reverse(), from };
}
