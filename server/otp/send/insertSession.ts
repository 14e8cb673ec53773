import type { Sent } from '../../admin/stats/stats.js';
import type { Clock } from '../../platform/clock.js';
import { channelsOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';
import { type Collection, DuplicateKey } from '../../store/documents.js';
import type { DueQueue } from '../../store/dueQueue.js';
import type { PaidSend } from './context.js';
import type { CodeMaker } from './freshCodes.js';
import { newSession } from './newSession.js';
import { asScenario } from './sandbox.js';
import { withDebit } from './withDebit.js';

export interface InsertSessionDeps {
  readonly sessions: Collection<StoredSession>;
  readonly codes: Pick<CodeMaker, 'encryption'>;
  readonly outbox: Pick<DueQueue<StoredSession>, 'offer'>;
  readonly sent: Sent;
  readonly clock: Clock;
}

/** Stores the session with its messages and its debit, wakes the delivery worker, and gives the session as stored. */
export function createInsertSession(deps: InsertSessionDeps) {
  return async function insertSession(send: PaidSend): Promise<StoredSession> {
    const { opening, options, codes, debit, scenario, now } = send;
    const opened = newSession(deps.codes.encryption, opening, options, codes, debit, now);
    const session = asScenario(opened, scenario);
    const stored = await withDebit(
      debit,
      () => deps.clock.now(),
      () => insert(deps.sessions, session),
    );
    if (stored.held) {
      deps.outbox.offer(stored.session);
      deps.sent(
        stored.session,
        channelsOf(stored.session).map(([name]) => name),
      );
    }
    return stored.session;
  };
}

/** `held`: what is stored is this very session, with its debit. */
async function insert(
  sessions: Collection<StoredSession>,
  session: StoredSession,
): Promise<{ session: StoredSession; held: boolean }> {
  try {
    await sessions.insertOne(session);
    return { session, held: true };
  } catch (error) {
    if (!(error instanceof DuplicateKey)) throw error;
    // An earlier attempt of this request id outlasted its lease: its session stays.
    const earlier = await sessions.findOne({ _id: session._id });
    if (!earlier) throw error;
    // Or it is this very insert, whose first response was lost on the way.
    const held = Object.keys(session.charges ?? {}).every((debit) => earlier.charges?.[debit]);
    return { session: earlier, held };
  }
}
