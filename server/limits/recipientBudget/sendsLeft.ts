import type { RateLimit } from '../../domain/rateLimit.js';
import type { BudgetLimits } from './budgetLimits.js';
import type { StoredBudget, TakeRequest } from './operations.js';

/** How many sends are left of the burst and of the day, whichever has less. */
export function sendsLeft(
  budget: StoredBudget,
  { burst, daily }: BudgetLimits,
  { lane, withoutBurst, now }: Pick<TakeRequest, 'lane' | 'withoutBurst' | 'now'>,
): RateLimit | undefined {
  const sends = budget[lane]?.sends ?? [];
  const left = (withoutBurst ? [daily] : [burst, daily])
    .filter(({ max }) => max.open > 0)
    .map(({ max, countsMs }): RateLimit => {
      const counting = sends.slice(0, max[lane]).filter(({ at }) => at.getTime() > now - countsMs);
      const oldest = counting.at(-1);
      return {
        limit: max[lane],
        remaining: Math.max(0, max[lane] - counting.length),
        resetMs: oldest ? oldest.at.getTime() + countsMs - now : 0,
      };
    });
  return left.reduce<RateLimit | undefined>(tighter, undefined);
}

/** Of two limits the one with less left. */
export const tighter = (one: RateLimit | undefined, other: RateLimit | undefined): RateLimit | undefined =>
  one && other ? (other.remaining < one.remaining ? other : one) : (one ?? other);
