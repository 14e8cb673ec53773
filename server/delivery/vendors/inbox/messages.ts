import type { ChannelName } from '../../../domain/channels.js';
import type { Clock } from '../../../platform/clock.js';
import { DAY_MS } from '../../../platform/durations.js';
import type { Encryption } from '../../../secrets/encryption.js';
import type { Place } from '../../../secrets/sealedFields.js';
import type { Document, Documents } from '../../../store/documents.js';
import type { Message } from '../../provider.js';

/** How long messages are kept. */
const KEPT_MS = DAY_MS;

interface StoredMessage extends Document {
  readonly sealed: string;
  /** Not shown before, where the inbox simulates a delay. */
  readonly arrivesAt?: Date;
  readonly purgeAt: Date;
}

/** A message as the inbox shows it. */
export interface InboxMessage {
  readonly id: string;
  /** RFC 3339. */
  readonly time: string;
  readonly channel: ChannelName;
  readonly to: string;
  readonly from: string;
  readonly subject?: string;
  readonly text: string;
  readonly html?: string;
  readonly session_id: string;
  readonly workspace: string;
  readonly code: string;
}

/** Which messages; what is left out matches all. */
export interface InboxFilter {
  readonly id?: string;
  readonly to?: string;
  readonly channel?: ChannelName;
  readonly sessionId?: string;
  /** Only what arrived later, milliseconds. */
  readonly after?: number;
  /** In recipient, subject or text, in any case. */
  readonly query?: string;
  /** Only what has a lower id, which is older. */
  readonly before?: string;
}

/** The messages in the store, sealed like everything else that holds a code. */
export interface InboxMessages {
  add(
    id: string,
    message: Message,
    place: { readonly from: string; readonly delayMs: number },
  ): Promise<void>;
  /** Those that have arrived, newest first, at most `limit`. */
  find(filter: InboxFilter, limit: number): Promise<InboxMessage[]>;
  /** Deletes what matches, arrived or not, and returns how many there were. */
  delete(filter: Pick<InboxFilter, 'to'>): Promise<number>;
  /** `listener` is called after each message of this process that has arrived, until the returned function is called. */
  subscribe(listener: () => void): () => void;
}

interface Deps {
  readonly documents: Documents;
  readonly encryption: Encryption;
  readonly clock: Clock;
}

export function createInboxMessages({ documents, encryption, clock }: Deps): InboxMessages {
  const stored = documents.collection<StoredMessage>('inbox');
  const listeners = new Set<() => void>();
  const place = (id: string): Place => ({ collection: 'inbox', id, field: 'sealed' });
  const open = ({ _id, sealed }: StoredMessage): InboxMessage =>
    JSON.parse(encryption.open(place(_id), sealed)) as InboxMessage;
  const newestFirst = ({ id, before }: Pick<InboxFilter, 'id' | 'before'>) =>
    stored.find(
      { ...(id !== undefined && { _id: id }), ...(before !== undefined && { _id: { $lt: before } }) },
      { sort: { _id: -1 } },
    );

  return {
    async add(id, message, { from, delayMs }) {
      const now = clock.now();
      const shown = shownOf(id, message, { from, time: new Date(now + delayMs).toISOString() });
      await stored.insertOne({
        _id: id,
        sealed: encryption.seal(place(id), JSON.stringify(shown)),
        ...(delayMs > 0 && { arrivesAt: new Date(now + delayMs) }),
        purgeAt: new Date(now + KEPT_MS),
      });
      if (delayMs === 0) for (const notify of listeners) notify();
    },

    async find(filter, limit) {
      const found: InboxMessage[] = [];
      for await (const document of newestFirst(filter)) {
        if (document.arrivesAt && document.arrivesAt.getTime() > clock.now()) continue;
        const message = open(document);
        if (!matches(message, filter)) continue;
        found.push(message);
        if (found.length === limit) break;
      }
      return found;
    },

    async delete({ to }) {
      if (to === undefined) return stored.deleteMany({});
      let deleted = 0;
      for await (const document of newestFirst({})) {
        if (matches(open(document), { to })) deleted += await stored.deleteOne({ _id: document._id });
      }
      return deleted;
    },

    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function matches(message: InboxMessage, { to, channel, sessionId, after, query }: InboxFilter): boolean {
  return (
    (to === undefined || message.to.toLowerCase() === to.toLowerCase()) &&
    (channel === undefined || message.channel === channel) &&
    (sessionId === undefined || message.session_id === sessionId) &&
    (after === undefined || Date.parse(message.time) > after) &&
    (query === undefined || isIn(message, query.toLowerCase()))
  );
}

const isIn = ({ to, subject = '', text }: InboxMessage, query: string): boolean =>
  [to, subject, text].some((part) => part.toLowerCase().includes(query));

function shownOf(
  id: string,
  { channel, to, from: sender, subject, text, html, sessionId, workspace, code }: Message,
  { from, time }: { readonly from: string; readonly time: string },
): InboxMessage {
  return {
    id,
    time,
    channel,
    to,
    from: sender ?? (channel === 'email' ? from : 'Countersign'),
    ...(subject !== undefined && { subject }),
    text,
    ...(html !== undefined && { html }),
    session_id: sessionId,
    workspace,
    code,
  };
}
