import type { ChannelName } from '../domain/channels.js';
import type { NumberType } from '../domain/numberType.js';
import type { Document } from '../store/documents.js';
import type { RollingCount } from './rollingCount.js';

/** Why the guard refuses a send, by the names under which that is stored. */
export type GuardRule =
  | 'country-not-allowed'
  | 'country-blocked'
  | 'number-type'
  | 'prefix-velocity'
  | 'country-velocity'
  | 'approval-rate'
  | 'country-approval-rate'
  | 'daily-messages'
  | 'daily-spend'
  | 'veto'
  | 'veto-unanswered';
/** At most `max` in any window; 0: off. */
export interface Velocity {
  readonly max: number;
  readonly windowSeconds: number;
}

/** At least `minPercent` of the messages of a window verified, once there are `minSends`; 0: off. */
export interface ApprovalRate {
  readonly minSends: number;
  readonly minPercent: number;
  readonly windowSeconds: number;
}

/** The same of one country, once its messages went to at least `minPrefixes` prefixes. */
export interface CountryApprovalRate extends ApprovalRate {
  readonly minPrefixes: number;
}

/** The most of one day; 0: no ceiling. */
export interface DailyCeiling {
  readonly messages: number;
  /** Micro-units of the wallet's currency. */
  readonly spendMicros: number;
}

/** Whom to ask before a message is paid for. */
export interface VetoSettings {
  readonly url: string;
  /** Sealed. */
  readonly secret: string;
  readonly timeoutMs: number;
  readonly failOpen: boolean;
}

/** The guard of a workspace, `_id` = the workspace. What is missing has its default. */
export interface StoredGuard extends Document {
  readonly countryAllow?: readonly string[];
  readonly countryBlock?: readonly string[];
  readonly numberTypeBlock?: readonly NumberType[];
  readonly prefixVelocity?: Velocity;
  readonly countryVelocity?: Velocity;
  readonly approvalRate?: ApprovalRate;
  readonly countryApprovalRate?: CountryApprovalRate;
  readonly dailyCeiling?: DailyCeiling;
  readonly veto?: VetoSettings;
}

/** A phone that a send is for. Never its number. */
export interface RefusedRecipient {
  readonly channel: ChannelName;
  readonly masked: string;
  /** Fingerprint of the recipient. */
  readonly recipient: string;
  /** Fingerprint of its prefix. */
  readonly prefix: string;
  readonly country: string;
  readonly numberType?: NumberType;
}

/** What an approval rate looks at, by its window. */
export interface RateCounts {
  /** Messages and what was verified of them. */
  readonly sends?: RollingCount;
  readonly approvals?: RollingCount;
  /** The same by group of sources; see sourceGroups.ts. */
  readonly groupSends?: Readonly<Record<string, RollingCount>>;
  readonly groupApprovals?: Readonly<Record<string, RollingCount>>;
  /** Messages that passed although the rate refused the others. */
  readonly trickle?: RollingCount;
}

/** What was sent to one prefix, in `limits`: workspace.mode/guard-prefix/fingerprint. */
export interface PrefixTally extends Document, RateCounts {
  /** Messages, by the window of prefixVelocity. */
  readonly velocity?: RollingCount;
  /** How the prefix is shown; absent in a tally that an earlier release wrote last. */
  readonly masked?: string;
  readonly country?: string;
  /** Messages, by the window of countryApprovalRate; see spread.ts. */
  readonly spread?: RollingCount;
  readonly purgeAt: Date;
}

/** What was sent to one country, in `limits`: workspace.mode/guard-country/country. */
export interface CountryTally extends Document, RateCounts {
  /** Prefixes, each in the part of the window in which it was sent to last. */
  readonly prefixes?: RollingCount;
  readonly purgeAt: Date;
}

/** What a whole workspace sent, in `limits`: workspace.mode/guard-workspace. */
export interface WorkspaceTally extends Document {
  /** Messages by country. */
  readonly countries?: Readonly<Record<string, RollingCount>>;
  /** By day, counted from the epoch. */
  readonly days?: Readonly<Record<string, Readonly<{ messages?: number; spendMicros?: number }>>>;
  readonly purgeAt: Date;
}
