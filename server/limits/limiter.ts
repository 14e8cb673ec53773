import type { RateLimit } from '../domain/rateLimit.js';
import { Failure } from '../errors.js';
import type { Clock } from '../platform/clock.js';
import type { Random } from '../platform/random.js';
import type { Documents } from '../store/documents.js';
import { createCounters } from './counter.js';
import { type BudgetRuleName, type Rule, type RuleName, type RuleOverrides, ruleFor } from './rules.js';
import type { Counted } from './slidingLog.js';

/** One thing to count: a rule and whom it is counted for. */
export interface Count {
  readonly rule: Exclude<RuleName, BudgetRuleName>;
  /** Who, already a keyed digest where it is about a person. */
  readonly key: string;
}

/** What was counted; give it back when the counted thing does not happen after all. */
export interface Taken {
  /** The rule with the least left. */
  readonly tightest?: RateLimit;
  giveBack(): Promise<void>;
}

/** Counts calls against named rules, exactly and shared between processes. */
export interface Limiter {
  /**
   * Counts every one of `counts`, in order, or none: the first that is full
   * throws RATE_LIMITED with the wait, and what was counted is given back.
   */
  take(partition: string, counts: readonly Count[], overrides: RuleOverrides): Promise<Taken>;
  /** Counts nothing; throws RATE_LIMITED with the wait when any of `counts` is full. For what is counted only when it fails. */
  check(partition: string, counts: readonly Count[], overrides: RuleOverrides): Promise<void>;
}

/** `refused` is called with every rule that refused a call. */
export function createLimiter(
  documents: Documents,
  clock: Clock,
  random: Random,
  refused: (rule: RuleName) => void = () => {},
): Limiter {
  const counterOf = createCounters(documents, random);
  return {
    async take(partition, counts, overrides) {
      const undo: (() => Promise<void>)[] = [];
      const giveBack = async () => {
        await Promise.all(undo.splice(0).map((step) => step()));
      };
      let tightest: RateLimit | undefined;
      for (const { rule: name, key } of counts) {
        const rule = ruleFor(name, overrides);
        if (rule.max === 0) continue;
        const _id = `${partition}/${name}/${key}`;
        const now = clock.now();
        const hit = await counterOf(rule).count(_id, rule, now);
        if (!hit.allowed) {
          await giveBack();
          refused(name);
          throw refusal(name, rule, hit);
        }
        undo.push(hit.takeBack);
        if (!tightest || hit.remaining < tightest.remaining) {
          tightest = { limit: rule.max, remaining: hit.remaining, resetMs: hit.resetMs };
        }
      }
      return { ...(tightest && { tightest }), giveBack };
    },

    async check(partition, counts, overrides) {
      const now = clock.now();
      for (const { rule: name, key } of counts) {
        const rule = ruleFor(name, overrides);
        if (rule.max === 0) continue;
        const _id = `${partition}/${name}/${key}`;
        const counted = await counterOf(rule).peek(_id, rule, now);
        if (counted.allowed) continue;
        refused(name);
        throw refusal(name, rule, counted);
      }
    },
  };
}

const refusal = (name: RuleName, rule: Rule, { resetMs }: Counted): Failure =>
  new Failure('RATE_LIMITED', {
    rule: name,
    retryAfterMs: resetMs,
    rateLimit: { limit: rule.max, remaining: 0, resetMs },
  });
