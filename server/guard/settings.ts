import type { Config } from '../config/config.js';
import type { Clock } from '../platform/clock.js';
import { HOUR_SECONDS } from '../platform/durations.js';
import type { Collection, Document, Documents } from '../store/documents.js';
import { createTtlCache } from '../store/ttlCache.js';

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
  readonly prefixVelocity?: Velocity;
  readonly countryVelocity?: Velocity;
  readonly approvalRate?: ApprovalRate;
  readonly dailyCeiling?: DailyCeiling;
  readonly veto?: VetoSettings;
}

/** The rules in force. */
export type GuardSettings = Required<Omit<StoredGuard, '_id' | 'veto'>> & Pick<StoredGuard, 'veto'>;

/**
 * A velocity cannot tell pumping from popularity, so none holds unless a
 * workspace knows its own traffic. An approval rate can: ten thousand real
 * numbers that were sent fifty codes in an hour and entered two of them do not
 * exist. In development messages cost nothing, and load tests verify none.
 */
export const defaultsOf = (env: Config['env']): GuardSettings => ({
  countryAllow: [],
  countryBlock: [],
  prefixVelocity: { max: 0, windowSeconds: HOUR_SECONDS },
  countryVelocity: { max: 0, windowSeconds: HOUR_SECONDS },
  approvalRate: { minSends: env === 'production' ? 50 : 0, minPercent: 5, windowSeconds: HOUR_SECONDS },
  dailyCeiling: { messages: 0, spendMicros: 0 },
});

/** Reads the guards of workspaces, remembering each for a few seconds. */
export interface GuardReader {
  /** The rules as they are or were at most five seconds ago. */
  get(workspace: string): Promise<GuardSettings>;
  /** Reads them anew the next time: this process changed them. */
  forget(workspace: string): void;
}

export function createGuardReader(documents: Documents, env: Config['env'], clock: Clock): GuardReader {
  const stored: Collection<StoredGuard> = documents.collection('guards');
  return createTtlCache(async (_id) => inForce(await stored.findOne({ _id }), env), clock);
}

/** What is stored, over the defaults. */
export const inForce = (stored: StoredGuard | null, env: Config['env']): GuardSettings => ({
  ...defaultsOf(env),
  ...stored,
});
