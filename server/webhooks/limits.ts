import { HOUR_SECONDS } from '../platform/durations.js';
/** THE limits of webhooks. */
export const WEBHOOK_LIMITS = {
  /** Endpoints of a workspace, live and test ones each. */
  endpoints: 10,
  /** How long an endpoint may take to respond, and how much longer the result may take to be stored. */
  timeoutSeconds: 10,
  recordSeconds: 10,
  /** What is read of a response's body; nothing of it is used. */
  responseBytes: 4_096,
  /** Delivery attempts of an event go on this long, the last one at the very end. */
  retryHours: 24,
  /** Wait before the second delivery attempt; doubled for each further one, each varied by a fifth. */
  firstWaitSeconds: 5,
  longestWaitSeconds: 4 * HOUR_SECONDS,
  /** The longest wait an endpoint can ask for with Retry-After. */
  retryAfterSeconds: HOUR_SECONDS,
  /** An endpoint that accepted nothing for so long, of at least so many delivery attempts, is disabled. */
  disableAfterDays: 3,
  disableAfterAttempts: 10,
  /** How long a secret goes on signing beside the one that replaced it, and how many sign at most. */
  oldSecretHours: 24,
  secrets: 3,
  /** How long events are kept, to be sent again. */
  eventDays: 30,
  /** Events one call of ReplayWebhookEvents takes on. */
  replayedAtOnce: 1_000,
  /** Delivery attempts kept of each endpoint and session. */
  attemptsKept: 20,
  /** Concurrent delivery attempts at one endpoint in one process, and at one that accepted nothing of the last `disableAfterAttempts`. */
  atOnce: 8,
  atOnceFailing: 1,
  /** The shortest and the longest that a queue waits for a free place at its endpoint before it asks again. */
  placeWaitSeconds: { min: 1, max: 300 },
} as const;
