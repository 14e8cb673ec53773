import { MINUTE_MS } from '../../platform/durations.js';
import { SESSION_LIMITS } from '../../session/limits.js';
import {
  type BudgetRuleName,
  KNOWN_MAX,
  MOST_OF_BUDGET,
  RULES,
  type RuleOverrides,
  ruleFor,
} from '../rules.js';

/**
 * Whose units are used: those of anybody, or those only for a source from which
 * this recipient was verified before.
 */
export type Lane = 'open' | 'known';

/** Codes of one length class share a list of units; seven and eight digits share that of six. */
export type CodeClass = 'c4' | 'c5' | 'c6';

export const CODE_CLASSES: readonly CodeClass[] = ['c6', 'c5', 'c4'];

export const codeClass = (codeLength: number): CodeClass =>
  codeLength <= 4 ? 'c4' : codeLength === 5 ? 'c5' : 'c6';

/** The rule of each class, its list in the document, and the digits its bound is about. */
export const CLASS: Readonly<
  Record<
    CodeClass,
    { readonly rule: BudgetRuleName; readonly list: 't4' | 't5' | 't6'; readonly digits: number }
  >
> = {
  c6: { rule: 'recipient-guesses-6', list: 't6', digits: 6 },
  c5: { rule: 'recipient-guesses-5', list: 't5', digits: 5 },
  c4: { rule: 'recipient-guesses-4', list: 't4', digits: 4 },
};

/** One limit of the budget. */
export interface BudgetLimit {
  readonly rule: BudgetRuleName;
  /** By lane. 0 in the open lane: the rule is off. */
  readonly max: Readonly<Record<Lane, number>>;
  /** How long an entry counts, milliseconds. */
  readonly countsMs: number;
  /** Entries kept. Never fewer than the default needs, so that raising a limit again forgets nothing. */
  readonly kept: number;
}

/** The limits on one recipient, as they are in force for a workspace. */
export interface BudgetLimits {
  readonly burst: BudgetLimit;
  readonly daily: BudgetLimit;
  readonly units: Readonly<Record<CodeClass, BudgetLimit>>;
  /**
   * How many messages and bought comparisons may have been in a row without a
   * right code for another one to be possible; undefined: any number. Less than
   * the failures allowed by what may be bought and unused when a right code
   * begins a new row.
   */
  readonly streak?: number;
}

/**
 * A unit bought at t is compared at the latest at t + 3 lifetimes, because no
 * resend revives a session later; the minute covers the skew of clocks and a
 * call in progress. So a unit counts for its window and this.
 */
export const slackMs = (longestLifetimeMs: number): number =>
  SESSION_LIMITS.resend.lifetimes * longestLifetimeMs + MINUTE_MS;

/**
 * `longestLifetimeMs`: the longest that a code of the workspace can live.
 * `failuresInARow`: after how many a recipient is disabled; undefined: never.
 */
export function budgetLimits(
  overrides: RuleOverrides,
  longestLifetimeMs: number,
  failuresInARow?: number,
): BudgetLimits {
  const limit = (rule: BudgetRuleName, extraMs = 0): BudgetLimit => {
    const { max, windowSeconds } = ruleFor(rule, overrides);
    const open = Math.min(max, MOST_OF_BUDGET);
    return {
      rule,
      max: { open, known: open === 0 ? 0 : (KNOWN_MAX[rule] ?? open) },
      countsMs: windowSeconds * 1000 + extraMs,
      kept: Math.max(open, RULES[rule].max),
    };
  };
  const slack = slackMs(longestLifetimeMs);
  const c6 = limit(CLASS.c6.rule, slack);
  return {
    burst: limit('recipient-sends'),
    daily: limit('recipient-daily'),
    units: { c6, c5: limit(CLASS.c5.rule, slack), c4: limit(CLASS.c4.rule, slack) },
    ...(failuresInARow !== undefined && { streak: failuresInARow - c6.max.open - c6.max.known }),
  };
}

/** Whether a limit allows anything to be refused. */
export const isOn = ({ max }: BudgetLimit): boolean => max.open > 0;

/** The same without limits on sends: the units of comparisons are bought all the same. */
export function withoutSends(limits: BudgetLimits): BudgetLimits {
  const off = (limit: BudgetLimit): BudgetLimit => ({ ...limit, max: { open: 0, known: 0 } });
  return { ...limits, burst: off(limits.burst), daily: off(limits.daily) };
}
