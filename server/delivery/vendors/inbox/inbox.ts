import type { Clock } from '../../../platform/clock.js';
import { DAY_MS } from '../../../platform/durations.js';
import type { Encryption } from '../../../secrets/encryption.js';
import type { Place } from '../../../secrets/sealedFields.js';
import type { Document, Documents } from '../../../store/documents.js';
import type { Message, Provider } from '../../provider.js';

/** How long messages are kept. */
const KEPT_MS = DAY_MS;
/** Most messages shown. */
const SHOWN = 100;

interface StoredMessage extends Document {
  readonly sealed: string;
  readonly purgeAt: Date;
}

/** A message as the inbox shows it. */
export interface InboxMessage {
  readonly id: string;
  /** RFC 3339. */
  readonly time: string;
  readonly channel: string;
  readonly to: string;
  readonly from: string;
  readonly subject?: string;
  readonly text: string;
  readonly html?: string;
  readonly session_id: string;
}

/**
 * The development inbox: keeps messages in the store instead of sending them,
 * for a developer to read. Sealed like everything else that holds a code.
 */
export interface Inbox extends Provider {
  /** The newest messages, newest first. */
  list(): Promise<InboxMessage[]>;
}

interface Deps {
  readonly documents: Documents;
  readonly encryption: Encryption;
  readonly newId: () => string;
  readonly clock: Clock;
  /** Shown as `from` where the workspace has no sender of its own. */
  readonly from: string;
}

export function createInbox({ documents, encryption, newId, clock, from }: Deps): Inbox {
  const messages = documents.collection<StoredMessage>('inbox');
  const place = (id: string): Place => ({ collection: 'inbox', id, field: 'sealed' });
  return {
    name: 'inbox',
    channels: ['email', 'sms', 'whatsapp'],
    timeoutMs: 10_000,
    async send(message, signal) {
      if (signal.aborted) return { kind: 'retry', error: 'TIMEOUT' };
      const id = newId();
      const shown = shownOf(id, message, from, clock.now());
      await messages.insertOne({
        _id: id,
        sealed: encryption.seal(place(id), JSON.stringify(shown)),
        purgeAt: new Date(clock.now() + KEPT_MS),
      });
      return { kind: 'accepted', vendorId: id };
    },
    async list() {
      const stored = await messages.find({}, { sort: { _id: -1 }, limit: SHOWN }).toArray();
      return stored.map(({ _id, sealed }) => JSON.parse(encryption.open(place(_id), sealed)) as InboxMessage);
    },
    async close() {},
  };
}

function shownOf(id: string, message: Message, from: string, now: number): InboxMessage {
  const { channel, to, subject, text, html, sessionId } = message;
  return {
    id,
    time: new Date(now).toISOString(),
    channel,
    to,
    from: message.from ?? (channel === 'email' ? from : 'Countersign'),
    ...(subject !== undefined && { subject }),
    text,
    ...(html !== undefined && { html }),
    session_id: sessionId,
  };
}
