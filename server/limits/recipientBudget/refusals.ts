import { Failure } from '../../errors.js';
import type { RuleName } from '../rules.js';
import { CLASS } from './budgetLimits.js';
import type { Shortage } from './standing.js';

/** Too many failures in a row: no wait helps, so none is given. */
export function disabled(refused: (rule: RuleName) => void): Failure {
  refused(CLASS.c6.rule);
  return new Failure('RECIPIENT_BLOCKED', { rule: CLASS.c6.rule });
}

const longest = (lacking: readonly Shortage[]): number => Math.max(0, ...lacking.map(({ waitMs }) => waitMs));

/** Of the lanes that a caller may use the one that has room first. */
export const soonest = (lanes: readonly (readonly Shortage[])[]): readonly Shortage[] =>
  lanes.reduce((one, other) => (longest(other) < longest(one) ? other : one));

/** A burst that ends soon is a limit like any other; a day or the units that are used up block the recipient. */
export function refusalOf(lacking: readonly Shortage[]): Failure {
  const retryAfterMs = Math.max(longest(lacking), 1);
  const [only, ...others] = lacking;
  if (only?.rule !== 'recipient-sends' || others.length > 0)
    return new Failure('RECIPIENT_BLOCKED', {
      rule: lacking.map(({ rule }) => rule).join(','),
      retryAfterMs,
    });
  return new Failure('RATE_LIMITED', {
    rule: only.rule,
    retryAfterMs,
    rateLimit: { limit: only.max, remaining: 0, resetMs: retryAfterMs },
  });
}
