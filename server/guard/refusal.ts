import type { GuardRule } from './stored.js';

/** Messages to be sent: how many, or of which price. */
export interface Messages {
  readonly more: number;
  /** The part of `more` that the counts contain already. */
  readonly own: number;
  readonly now: number;
  /** The group of their source. */
  readonly group?: string | undefined;
}

/** One rule that refuses, and how long it will, where that is known. */
export interface Refusal {
  readonly rule: GuardRule;
  readonly retryAfterMs?: number;
  /** Of an approval rate: the source is refused, not the others. */
  readonly ofSource?: true;
}

export const refusal = (rule: GuardRule, retryAfterMs: number | undefined): Refusal =>
  retryAfterMs === undefined ? { rule } : { rule, retryAfterMs };
