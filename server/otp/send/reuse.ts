import { createHash } from 'node:crypto';
import { Failure } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import { changeGuarded } from '../../session/change.js';
import { SESSION_LIMITS } from '../../session/limits.js';
import { refusalOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';
import { share } from '../../session/transitions/share.js';
import type { Collection, Document, Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import type { IdentifiedSend } from './context.js';

const COOLDOWN_MS = SESSION_LIMITS.resend.cooldownSeconds * 1000;
/** How long a send that claimed the key may take to insert its session. */
const IN_PROGRESS_MS = 10_000;
const ROUNDS = 3;

/** The latest session opened for a set of equal requests, `_id` = partition/client/digest. */
interface StoredReuse extends Document {
  readonly session: string;
  readonly at: Date;
  readonly purgeAt: Date;
}

/** Either the open session to give again, or the claim to open one. */
export type Reuse =
  | { readonly open: StoredSession }
  /** `release`: for a session that was not opened after all. */
  | { readonly open: undefined; release(): Promise<void> };

/** Finds the open session of an equal request made within the resend cooldown. */
export interface Reuses {
  /**
   * `same`: everything in which equal requests agree. Claims the key for the
   * session `_id` where there is nothing to reuse, so that of equal requests at
   * once only one opens a session. Throws REQUEST_IN_PROGRESS for the others.
   */
  find(owner: string, same: readonly unknown[], session: string): Promise<Reuse>;
}

export function createReuses(
  documents: Documents,
  sessions: Collection<StoredSession>,
  clock: Clock,
): Reuses {
  const reuses = documents.collection<StoredReuse>('reuse');

  /** The session, noted as given to a second caller before it is; undefined where it has ended by then. */
  async function shareOpen(found: StoredSession): Promise<StoredSession | undefined> {
    const isOver = (seen: StoredSession) => refusalOf(seen, clock.now()) !== undefined;
    const noted = await changeGuarded(sessions, found, (seen) =>
      isOver(seen) ? undefined : share(seen, clock.now()),
    );
    return noted && !isOver(noted.session) ? noted.session : undefined;
  }

  return {
    async find(owner, same, session) {
      const digest = createHash('sha256').update(JSON.stringify(same)).digest('base64url');
      const _id = `${owner}/${digest}`;
      const claimed = (): Reuse => ({
        open: undefined,
        release: async () => {
          await reuses.deleteOne({ _id, session });
        },
      });
      for (let round = 0; round < ROUNDS; round++) {
        const now = clock.now();
        const mine = { session, at: new Date(now), purgeAt: new Date(now + COOLDOWN_MS) };
        if (await insertOnce(reuses, { _id, ...mine })) return claimed();
        const latest = await reuses.findOne({ _id });
        if (!latest) continue;
        const age = now - latest.at.getTime();
        if (age < COOLDOWN_MS) {
          const open = await sessions.findOne({ _id: latest.session });
          const shared = open && refusalOf(open, now) === undefined && (await shareOpen(open));
          if (shared) return { open: shared };
          if (!open && age < IN_PROGRESS_MS)
            throw new Failure('REQUEST_IN_PROGRESS', { retryAfterMs: 1_000 });
        }
        const taken = await reuses.findOneAndUpdate({ _id, session: latest.session }, { $set: mine });
        if (taken) return claimed();
      }
      throw new Failure('REQUEST_IN_PROGRESS', { retryAfterMs: 1_000 });
    },
  };
}

/**
 * The open session of an equal Send within the resend cooldown, where the request
 * asks for it, or the transport leaves it to the workspace's settings. Where there
 * is none, this Send claims to open it. Throws REQUEST_IN_PROGRESS.
 */
export function createFindReusable(reuses: Reuses) {
  return async function findReusable(send: IdentifiedSend): Promise<StoredSession | undefined> {
    const { call, request, workspace, owner, beneficiary, options, undo } = send;
    const isWanted = request.reuseOpenSession || (call.reuseAsWorkspaceSays && workspace.messagingReuse);
    if (!isWanted) return undefined;
    const { metadata: _free, userId: _counted, addContact: _later, ...same } = options;
    const recipients = send.recipients.map(({ channel, fingerprint, sender }) => [
      channel,
      fingerprint,
      sender,
    ]);
    const reuse = await reuses.find(
      `${owner.partition}/${owner.client}`,
      [recipients, beneficiary, same],
      owner._id,
    );
    if (!reuse.open) undo.push(reuse.release);
    return reuse.open;
  };
}
