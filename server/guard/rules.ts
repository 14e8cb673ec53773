/** Why the guard refuses a send, by the names under which that is stored. */
export type GuardRule =
  | 'country-not-allowed'
  | 'country-blocked'
  | 'prefix-velocity'
  | 'country-velocity'
  | 'approval-rate'
  | 'daily-messages'
  | 'daily-spend'
  | 'veto'
  | 'veto-unanswered';

/** One rule that refuses, and how long it will, where that is known. */
export interface Refusal {
  readonly rule: GuardRule;
  readonly retryAfterMs?: number;
}
