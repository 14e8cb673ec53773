import type { ChannelName } from '../domain/channels.js';
import { HOUR_MS, MINUTE_SECONDS } from '../platform/durations.js';
import { SESSION_LIMITS } from './limits.js';

/** A norm that a workspace has to meet. */
export type AssuranceName = 'ASVS_L2' | 'NIST_800_63B' | 'PSD2';

/** What a norm asks of a session; what is absent it leaves open. */
export interface AssuranceBounds {
  /** As it is called in an error. */
  readonly title: string;
  readonly minCodeLength?: number;
  readonly maxLifetimeSeconds?: number;
  readonly maxAttempts?: number;
  /** Channels that are no authenticator to it. */
  readonly refusedChannels?: readonly ChannelName[];
  /** A recipient is disabled after so many failures in a row. */
  readonly maxFailuresInARow?: number;
  /** Every session is for an operation with a transaction. */
  readonly requiresTransaction?: true;
}

/** THE bounds of each norm, with their source. */
export const ASSURANCES: Readonly<Record<AssuranceName, AssuranceBounds>> = {
  /** OWASP ASVS 5.0, 6.5.4: 20 bits of entropy, for which it names six digits; 6.5.5: valid for at most 10 minutes. */
  ASVS_L2: { title: 'OWASP ASVS level 2', minCodeLength: 6, maxLifetimeSeconds: 10 * MINUTE_SECONDS },
  /** NIST SP 800-63B-4, 3.1.3: no e-mail, at least six digits, valid for at most 10 minutes; 3.2.2: at most 100 failures in a row. */
  NIST_800_63B: {
    title: 'NIST SP 800-63B',
    minCodeLength: 6,
    maxLifetimeSeconds: 10 * MINUTE_SECONDS,
    refusedChannels: ['email'],
    maxFailuresInARow: 100,
  },
  /**
   * Commission Delegated Regulation (EU) 2018/389, article 4(3)(b): at most five
   * failed attempts; article 5: the code is bound to amount and payee.
   */
  PSD2: { title: 'PSD2', maxAttempts: 5, requiresTransaction: true },
};

/** Why the norm of a workspace leaves no place for a channel, as a predicate; undefined where it does. */
export function refusedChannel(
  assurance: AssuranceName | undefined,
  channel: ChannelName,
): `must be left out, as ${string} requires` | undefined {
  const bounds = assurance && ASSURANCES[assurance];
  return bounds?.refusedChannels?.includes(channel)
    ? `must be left out, as ${bounds.title} requires`
    : undefined;
}

/** After how many failures in a row the norm of a workspace disables a recipient; undefined where it does not. */
export const maxFailuresInARow = (assurance: AssuranceName | undefined): number | undefined =>
  assurance && ASSURANCES[assurance].maxFailuresInARow;

/** The norm of a workspace, and since when. */
export interface Assured {
  readonly assurance?: AssuranceName;
  readonly assuredAt?: Date;
}

/** After so long every session from before the norm was set has ended, with any lifetime. */
const LONGER_SESSIONS_END_MS = SESSION_LIMITS.resend.lifetimes * HOUR_MS;

/** The longest that a code of the workspace can live at `now`, milliseconds. */
export function longestLifetimeMs({ assurance, assuredAt }: Assured, now: number): number {
  const cap = assurance && ASSURANCES[assurance].maxLifetimeSeconds;
  const holds = assuredAt !== undefined && assuredAt.getTime() + LONGER_SESSIONS_END_MS <= now;
  return (cap !== undefined && holds ? cap : SESSION_LIMITS.lifetimeSeconds.max) * 1000;
}
