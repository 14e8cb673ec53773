import type { ChannelName } from '../../domain/channels.js';
import type { Collection, Document, Documents } from '../../store/documents.js';

export type RuleType = 'ALLOW' | 'BLOCK' | 'SUPPRESS';

/** Why the service itself made a rule. */
export type RuleCause = 'BOUNCED' | 'OPTED_OUT';

/** Whom a rule is for: one of these. */
export interface RuleMatch {
  /** Fingerprint of one recipient. */
  readonly recipient?: string;
  readonly emailDomain?: string;
  /** The first digits of phone numbers, with the plus; never a whole number. */
  readonly phonePrefix?: string;
  /** Fingerprint of a prefix; see guard/guardedPhones.ts. */
  readonly prefix?: string;
}

/**
 * A rule for one recipient or several, `_id` = workspace.mode/digest of type,
 * match and channel, so that there is one of each. What was deleted stays for a
 * day without its match, so that every process learns of it.
 */
export interface StoredRule extends Document, RuleMatch {
  readonly id: string;
  readonly partition: string;
  /** workspace.mode/id. Absent once deleted. */
  readonly listedAs?: string;
  /** workspace.mode/milliseconds of the last change. */
  readonly changedKey: string;
  readonly type: RuleType;
  readonly masked?: string;
  readonly channel?: ChannelName;
  readonly note?: string;
  readonly cause?: RuleCause;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly expiresAt?: Date;
  readonly deletedAt?: Date;
  readonly purgeAt?: Date;
}

export const rulesOf = (documents: Documents): Collection<StoredRule> =>
  documents.collection('recipientRules');

/** Times sort as they follow each other. */
export const changedKey = (partition: string, ms: number): string =>
  `${partition}/${String(Math.max(0, ms)).padStart(13, '0')}`;
