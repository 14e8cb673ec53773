import { type Messages, type Refusal, refusal } from './refusal.js';
import { rollingTotal, waitUntil } from './rollingCount.js';
import {
  type GroupRule,
  groupsOfCountry,
  groupsOfPrefix,
  isRefusedItself,
  SUSPICIOUS_GROUPS,
  suspiciousGroups,
} from './sourceGroups.js';
import type { ApprovalRate, CountryApprovalRate, CountryTally, PrefixTally, RateCounts } from './stored.js';

/** A rate over the counts of what it is of. */
interface Evaluated {
  readonly rule: 'approval-rate' | 'country-approval-rate';
  readonly groups: GroupRule;
  readonly tally: RateCounts;
  /** Whether the rate applies at a time. */
  readonly applies: (at: number) => boolean;
}

/** Too few of the codes sent to a prefix are entered. */
export const evaluatePrefixRate = (
  rate: ApprovalRate,
  tally: Partial<PrefixTally>,
  messages: Messages,
): Refusal[] =>
  evaluate({ rule: 'approval-rate', groups: groupsOfPrefix(rate), tally, applies: () => true }, messages);

/** Too few of the codes sent to a country are entered, and they go to many prefixes. */
export const evaluateCountryRate = (
  rate: CountryApprovalRate,
  tally: Partial<CountryTally>,
  messages: Messages,
): Refusal[] =>
  evaluate(
    {
      rule: 'country-approval-rate',
      groups: groupsOfCountry(rate),
      tally,
      applies: (at) => rollingTotal(tally.prefixes, rate.windowSeconds, at) >= rate.minPrefixes,
    },
    messages,
  );

function evaluate({ rule, groups, tally, applies }: Evaluated, { own, now, group }: Messages): Refusal[] {
  const { rate } = groups;
  const { minSends, minPercent, windowSeconds } = rate;
  if (minSends === 0) return [];
  if (group !== undefined) {
    const isRefused = (at: number) => applies(at) && isRefusedItself(groups, tally, { group, own, at });
    const sends = tally.groupSends?.[group];
    if (isRefused(now)) {
      const wait = waitUntil(sends, windowSeconds, now, (at) => !isRefused(at));
      return [{ ...refusal(rule, wait), ofSource: true }];
    }
  }
  const isFree = (at: number) => {
    const sent = rollingTotal(tally.sends, windowSeconds, at) - own;
    return (
      !applies(at) ||
      sent < minSends ||
      rollingTotal(tally.approvals, windowSeconds, at) * 100 >= minPercent * sent ||
      // Few messages need no more groups than messages.
      suspiciousGroups(groups, tally, at) < Math.min(SUSPICIOUS_GROUPS, minSends)
    );
  };
  return isFree(now) ? [] : [refusal(rule, waitUntil(tally.sends, windowSeconds, now, isFree))];
}
