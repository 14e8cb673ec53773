import { HOUR_SECONDS, MINUTE_SECONDS } from '../platform/durations.js';
/**
 * THE limits of a session: every number of the contract that bounds one, with
 * its source. Limits on traffic are in limits/rules.ts, limits on connections
 * in http/limits.ts.
 */
export const SESSION_LIMITS = {
  /** Digits in a code: default 6, NIST SP 800-63B-4 asks for at least six. */
  codeLength: { min: 4, max: 8, default: 6 },
  /** Seconds a code works. How many are guessed is bounded by the recipient's budget; see also assurance.ts. */
  lifetimeSeconds: { min: MINUTE_SECONDS, max: HOUR_SECONDS, default: 5 * MINUTE_SECONDS },
  /** Codes that may be compared. */
  attempts: { min: 1, max: 10, default: 3 },
  /** Codes with fewer digits than this are short. */
  shortCodeBelow: 6,
  /**
   * Resend: wait between two, how many, and for how many lifetimes after
   * creation a session can be revived.
   */
  resend: { cooldownSeconds: 30, max: 5, lifetimes: 3 },
  /**
   * Channels that wait for others: how many, the wait of each in seconds, and how much of the lifetime is left after
   * the last, so that its code can be used.
   */
  fallback: { steps: 2, waitSeconds: { min: 10, max: 1800 }, leftSeconds: 30 },
  /** Seconds a verification token can be redeemed. */
  tokenSeconds: 600,
  /** Delivery attempts of one message. */
  attemptsPerMessage: 5,
  /** Delivery attempts kept of one session, with what vendors said: a few hundred bytes each. */
  deliveryAttempts: 40,
  /** Wrong codes kept of one session: more than it can have attempts. */
  checks: 20,
  /** Resends and started fallbacks kept of one session: more than it can have. */
  marks: 40,
  /** Bytes of metadata as JSON. */
  metadataBytes: 8 * 1024,
  /**
   * Objects and lists inside each other. Each is up to three messages on the
   * wire, of which readers take 100.
   */
  metadataDepth: 16,
  /** Days an ended session stays readable; a workspace may choose another number. */
  retentionDays: { min: 1, max: 365, default: 30 },
} as const;
