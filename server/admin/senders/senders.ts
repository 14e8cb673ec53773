import type { ChannelName } from '../../domain/channels.js';
import { invalid } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import type { Collection, Document, Documents } from '../../store/documents.js';
import { createTtlCache, type TtlCache } from '../../store/ttlCache.js';
import { fromHeader, readSenderId } from './senderIds.js';

/** An identity a workspace sends under, `_id` = workspace/channel/sender id. */
export interface StoredSender extends Document {
  readonly channel: ChannelName;
  readonly senderId: string;
  readonly displayName?: string;
  /** When it was made the default of its channel; of several the latest counts. */
  readonly defaultAt?: Date;
  readonly createdAt: Date;
}

/** Chooses the sender of a message. */
export interface Senders {
  /**
   * What stands in `from` on each channel; a channel without an entry leaves
   * under the service's own sender. `senderId` as Send names it, "" for none.
   *
   * Where the workspace has registered senders for a channel, only those are
   * used there. A name that Send gives applies to every channel where it may be
   * used; on the others the workspace's default is used. Throws
   * SENDER_NOT_ALLOWED when it applies to none.
   */
  choose(
    workspace: string,
    senderId: string,
    channels: readonly ChannelName[],
  ): Promise<ReadonlyMap<ChannelName, string>>;
  /** Reads the workspace's senders anew the next time. */
  forget(workspace: string): void;
}

export function createSenders(documents: Documents, clock: Clock): Senders {
  const stored: Collection<StoredSender> = documents.collection('senders');
  const known: TtlCache<readonly StoredSender[]> = createTtlCache(
    (workspace) => sendersOf(stored, workspace),
    clock,
  );
  return {
    async choose(workspace, senderId, channels) {
      const registered = await known.get(workspace);
      const from = new Map<ChannelName, string>();
      let applied = senderId === '';
      for (const channel of channels) {
        const own = registered.filter((sender) => sender.channel === channel);
        const named = senderId ? nameOn(channel, senderId, own) : undefined;
        applied ||= named !== undefined;
        const standard = defaultOf(own);
        const chosen = named ?? (standard && fromOf(standard));
        if (chosen !== undefined) from.set(channel, chosen);
      }
      if (!applied) {
        throw invalid('sender_id', 'is no sender of this workspace on these channels', 'SENDER_NOT_ALLOWED');
      }
      return from;
    },
    forget: (workspace) => known.forget(workspace),
  };
}

/** What stands in `from` for a name that Send gave; undefined where it may not be used. */
function nameOn(channel: ChannelName, name: string, own: readonly StoredSender[]): string | undefined {
  const senderId = readSenderId(channel, name);
  if (own.length === 0) return senderId;
  const sender = own.find((one) => one.senderId === senderId);
  return sender && fromOf(sender);
}

const fromOf = ({ channel, senderId, displayName }: StoredSender): string =>
  channel === 'email' ? fromHeader(senderId, displayName) : senderId;

/** Every sender of a workspace, or of one channel of it. */
export const sendersOf = (
  stored: Collection<StoredSender>,
  workspace: string,
  channel?: ChannelName,
): Promise<StoredSender[]> => {
  const first = channel ? `${workspace}/${channel}` : workspace;
  // "0" is the character after "/".
  return stored.find({ _id: { $gte: `${first}/`, $lt: `${first}0` } }).toArray();
};

/** Of the senders of one channel: the one made default last, else the oldest. */
export function defaultOf(senders: readonly StoredSender[]): StoredSender | undefined {
  const flagged = senders.filter(({ defaultAt }) => defaultAt);
  if (flagged.length > 0) return flagged.reduce((a, b) => (isLaterDefault(b, a) ? b : a));
  return [...senders].sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())[0];
}

/** Whether `a` was made default after `b`. Two of one millisecond are ordered by their ids, for everybody alike. */
export function isLaterDefault(a: StoredSender, b: StoredSender): boolean {
  const [at, other] = [a.defaultAt?.getTime() ?? 0, b.defaultAt?.getTime() ?? 0];
  return at === other ? a._id > b._id : at > other;
}
