import type { ChannelName } from '../../domain/channels.js';
import type { NumberType } from '../../domain/numberType.js';
import { DAY_MS } from '../../platform/durations.js';
import type { Collection, Document, Documents } from '../../store/documents.js';

/** Refusals are kept this long. */
export const REFUSALS_KEPT_MS = 30 * DAY_MS;

/** Refused Sends and Resends of one recipient, for one reason and rule, in one hour. */
export interface StoredRefusalRow {
  /** Fingerprint; empty where the recipient is not known, and for those counted together. */
  readonly recipient: string;
  readonly channel?: ChannelName;
  readonly masked: string;
  readonly country?: string;
  readonly numberType?: NumberType;
  /** Fingerprint of its prefix; see guard/guardedPhones.ts. */
  readonly prefix?: string;
  readonly reason: string;
  readonly rule: string;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** Of the latest: the session that was to be resent. */
  readonly session?: string;
  /** Of the latest: what the rule adds, such as what the veto responded. */
  readonly detail?: string;
  /** Of the latest: from when on a code can be sent again. */
  readonly freeAt?: Date;
}

/**
 * What one process refused one API key in one hour,
 * `_id` = workspace.mode/hour/key/process. Only its process writes it.
 */
export interface StoredRefusals extends Document {
  readonly partition: string;
  readonly hour: Date;
  readonly client: string;
  /** The fingerprints of `rows`. */
  readonly recipients: readonly string[];
  readonly rows: Readonly<Record<string, StoredRefusalRow>>;
  readonly purgeAt: Date;
}

export const refusalCountsOf = (documents: Documents): Collection<StoredRefusals> =>
  documents.collection('refusalCounts');

/** Hours sort as they follow each other. */
export const hourKey = (ms: number): string => String(ms).padStart(13, '0');
