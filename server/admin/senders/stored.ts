import type { ChannelName } from '../../domain/channels.js';
import { below } from '../../store/documentId.js';
import type { Collection, Document } from '../../store/documents.js';

/** An identity a workspace sends under, `_id` = workspace/channel/sender id. */
export interface StoredSender extends Document {
  readonly channel: ChannelName;
  readonly senderId: string;
  readonly displayName?: string;
  /** When it was made the default of its channel; of several the latest counts. */
  readonly defaultAt?: Date;
  readonly createdAt: Date;
}

/** Every sender of a workspace, or of one channel of it. */
export const sendersOf = (
  stored: Collection<StoredSender>,
  workspace: string,
  channel?: ChannelName,
): Promise<StoredSender[]> => {
  const first = channel ? `${workspace}/${channel}` : workspace;
  return stored.find({ _id: below(first) }).toArray();
};

/** Whether `a` was made default after `b`. Two of one millisecond are ordered by their ids, for everyone alike. */
export function isLaterDefault(a: StoredSender, b: StoredSender): boolean {
  const [at, other] = [a.defaultAt?.getTime() ?? 0, b.defaultAt?.getTime() ?? 0];
  return at === other ? a._id > b._id : at > other;
}

/** Of the senders of one channel: the one made default last, else the oldest. */
export function defaultOf(senders: readonly StoredSender[]): StoredSender | undefined {
  const flagged = senders.filter(({ defaultAt }) => defaultAt);
  if (flagged.length > 0) return flagged.reduce((a, b) => (isLaterDefault(b, a) ? b : a));
  return [...senders].sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())[0];
}
