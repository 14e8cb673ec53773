import type { ChannelName } from '../domain/channels.js';
import type { Mode } from '../domain/mode.js';
import type { Clock } from '../platform/clock.js';
import { DAY_MS } from '../platform/durations.js';
import type { Collection, Document, Documents } from '../store/documents.js';
import type { GuardRule } from './rules.js';

/** Refused sends are kept this long. */
export const REFUSALS_KEPT_DAYS = 30;

/** A phone of a refused send. Never its number. */
export interface RefusedRecipient {
  readonly channel: ChannelName;
  readonly masked: string;
  /** Fingerprint of the recipient. */
  readonly recipient: string;
  /** Fingerprint of its prefix. */
  readonly prefix: string;
  readonly country: string;
}

/** A refused send, `_id` = workspace/uuid. */
export interface StoredRefusal extends Document {
  readonly at: Date;
  readonly client: string;
  /** Of a resend. */
  readonly sessionId?: string;
  readonly rules: readonly GuardRule[];
  readonly recipients: readonly RefusedRecipient[];
  /** What the veto said, or why it said nothing. */
  readonly detail?: string;
  readonly purgeAt: Date;
}

/** What is known of a refused send. */
export type Refused = Omit<StoredRefusal, '_id' | 'at' | 'purgeAt'> & {
  readonly workspace: string;
  readonly mode: Mode;
};

/** Writes refused sends down. */
export type RecordRefusal = (refused: Refused) => Promise<void>;

export const refusalsOf = (documents: Documents): Collection<StoredRefusal> =>
  documents.collection('refusals');

export function createRecordRefusal(documents: Documents, newId: () => string, clock: Clock): RecordRefusal {
  const stored = refusalsOf(documents);
  return async ({ workspace, mode: _live, ...refused }) => {
    const now = clock.now();
    await stored.insertOne({
      _id: `${workspace}/${newId()}`,
      ...refused,
      at: new Date(now),
      purgeAt: new Date(now + REFUSALS_KEPT_DAYS * DAY_MS),
    });
  };
}
