import type { ChannelName } from '../../domain/channels.js';
import { invalid } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import type { Collection, Documents } from '../../store/documents.js';
import { createTtlCache, type TtlCache } from '../../store/ttlCache.js';
import { fromHeader, readSenderId } from './senderIds.js';
import { defaultOf, type StoredSender, sendersOf } from './stored.js';

/** Chooses the sender of a message. */
export interface Senders {
  /**
   * The value of `from` on each channel; a channel without an entry leaves
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
  /** Reads the workspace's senders again the next time. */
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
        throw invalid(
          'sender_id',
          'must be a sender of this workspace on one of these channels',
          'SENDER_NOT_ALLOWED',
        );
      }
      return from;
    },
    forget: (workspace) => known.forget(workspace),
  };
}

/** The value of `from` for a name that Send gave; undefined where it may not be used. */
function nameOn(channel: ChannelName, name: string, own: readonly StoredSender[]): string | undefined {
  const senderId = readSenderId(channel, name);
  if (own.length === 0) return senderId;
  const sender = own.find((one) => one.senderId === senderId);
  return sender && fromOf(sender);
}

const fromOf = ({ channel, senderId, displayName }: StoredSender): string =>
  channel === 'email' ? fromHeader(senderId, displayName) : senderId;
