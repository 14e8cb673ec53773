import type { Config } from '../config/config.js';
import type { NumberType } from '../domain/numberType.js';
import type { Clock } from '../platform/clock.js';
import { HOUR_SECONDS } from '../platform/durations.js';
import type { Collection, Documents } from '../store/documents.js';
import { createTtlCache } from '../store/ttlCache.js';
import type { StoredGuard } from './stored.js';

/** Numbers that cost more than a message to a person, or that no person reads messages on. */
const NO_PEOPLE: readonly NumberType[] = [
  'PREMIUM_RATE',
  'SHARED_COST',
  'UIFN',
  'SATELLITE',
  'PAGER',
  'VOICEMAIL',
];

/** The rules in force. */
export type GuardSettings = Required<Omit<StoredGuard, '_id' | 'veto'>> & Pick<StoredGuard, 'veto'>;

/**
 * A velocity cannot distinguish pumping from popularity, so none holds unless a
 * workspace knows its own traffic. An approval rate can: ten thousand real
 * numbers that were sent fifty codes in an hour and entered two of them do not
 * exist. In development messages cost nothing, and load tests verify none.
 */
export const defaultsOf = (env: Config['env']): GuardSettings => ({
  countryAllow: [],
  countryBlock: [],
  numberTypeBlock: env === 'production' ? NO_PEOPLE : [],
  prefixVelocity: { max: 0, windowSeconds: HOUR_SECONDS },
  countryVelocity: { max: 0, windowSeconds: HOUR_SECONDS },
  approvalRate: { minSends: env === 'production' ? 50 : 0, minPercent: 5, windowSeconds: HOUR_SECONDS },
  countryApprovalRate: {
    minSends: env === 'production' ? 50 : 0,
    minPercent: 5,
    minPrefixes: 20,
    windowSeconds: HOUR_SECONDS,
  },
  dailyCeiling: { messages: 0, spendMicros: 0 },
});

/** Reads the guards of workspaces, caching each for a few seconds. */
export interface GuardReader {
  /** The rules as they are or were at most five seconds ago. */
  get(workspace: string): Promise<GuardSettings>;
  /** Reads them again the next time, after this process changed them. */
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
