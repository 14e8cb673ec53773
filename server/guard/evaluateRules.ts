import { isListed } from './countries.js';
import { type RollingCount, rollingTotal, waitUntil } from './rollingCount.js';
import type { GuardSettings } from './settings.js';
import { groupsWithoutApproval, isRefusedItself, SUSPICIOUS_GROUPS } from './sourceGroups.js';
import type {
  ApprovalRate,
  GuardRule,
  PrefixTally,
  RefusedRecipient,
  Velocity,
  WorkspaceTally,
} from './stored.js';
import { type Counted, dayKey, untilNextDay } from './tally.js';

/** What the lists say of a phone. */
export function evaluateLists(
  settings: GuardSettings,
  { country, numberType }: Pick<RefusedRecipient, 'country' | 'numberType'>,
): Refusal[] {
  const { countryAllow: allow, countryBlock: block, numberTypeBlock } = settings;
  return [
    ...(allow.length > 0 && !isListed(allow, country) ? [{ rule: 'country-not-allowed' } as const] : []),
    ...(isListed(block, country) ? [{ rule: 'country-blocked' } as const] : []),
    ...(numberType && numberTypeBlock.includes(numberType) ? [{ rule: 'number-type' } as const] : []),
  ];
}

/** Messages to be sent: how many, or of which price. */
interface More {
  readonly more: number;
  /** The part of `more` that the counts contain already. */
  readonly own: number;
  readonly now: number;
}

/** What the counts of a prefix say of these messages. */
export const evaluatePrefix = (
  { prefixVelocity, approvalRate }: GuardSettings,
  tally: Partial<PrefixTally>,
  messages: More & { readonly group?: string | undefined },
): Refusal[] => [
  ...evaluateVelocity('prefix-velocity', prefixVelocity, { ...messages, counted: tally.velocity }),
  ...evaluateApprovalRate(approvalRate, tally, messages),
];

/** What the counts of a workspace say of these messages; `own`: they are in the counts already. */
export function evaluateWorkspace(
  { countryVelocity, dailyCeiling: ceiling }: GuardSettings,
  tally: Partial<WorkspaceTally>,
  {
    messages,
    own,
    now,
  }: { readonly messages: readonly Counted[]; readonly own: boolean; readonly now: number },
): Refusal[] {
  const adding = (more: number): More => ({ more, own: own ? more : 0, now });
  const today = tally.days?.[dayKey(now)] ?? {};
  const price = messages.reduce((sum, message) => sum + message.price, 0);
  const count = messages.length;
  return [
    ...[...new Set(messages.map(({ country }) => country))].flatMap((country) => {
      const more = messages.filter((message) => message.country === country).length;
      const counted = tally.countries?.[country];
      return evaluateVelocity('country-velocity', countryVelocity, { ...adding(more), counted });
    }),
    ...evaluateDailyCeiling('daily-messages', ceiling.messages, {
      ...adding(count),
      counted: today.messages,
    }),
    ...(price > 0
      ? evaluateDailyCeiling('daily-spend', ceiling.spendMicros, {
          ...adding(price),
          counted: today.spendMicros,
        })
      : []),
  ];
}

function evaluateVelocity(
  rule: GuardRule,
  { max, windowSeconds }: Velocity,
  { counted, more, own, now }: More & { readonly counted: RollingCount | undefined },
): Refusal[] {
  const isFree = (at: number) => Math.max(0, rollingTotal(counted, windowSeconds, at) - own) + more <= max;
  if (max === 0 || isFree(now)) return [];
  return [refusal(rule, waitUntil(counted, windowSeconds, now, isFree))];
}

function evaluateApprovalRate(
  rate: ApprovalRate,
  tally: Partial<PrefixTally>,
  { own, now, group }: More & { readonly group?: string | undefined },
): Refusal[] {
  const { minSends, minPercent, windowSeconds } = rate;
  if (minSends === 0) return [];
  if (group !== undefined) {
    const isRefused = (at: number) => isRefusedItself(rate, tally, { group, own, at });
    const sends = tally.groupSends?.[group];
    if (isRefused(now))
      return [
        {
          ...refusal(
            'approval-rate',
            waitUntil(sends, windowSeconds, now, (at) => !isRefused(at)),
          ),
          ofSource: true,
        },
      ];
  }
  const isFree = (at: number) => {
    const sent = rollingTotal(tally.sends, windowSeconds, at) - own;
    return (
      sent < minSends ||
      rollingTotal(tally.approvals, windowSeconds, at) * 100 >= minPercent * sent ||
      // A prefix that few messages suffice for needs no more groups than messages.
      groupsWithoutApproval(rate, tally, at) < Math.min(SUSPICIOUS_GROUPS, minSends)
    );
  };
  return isFree(now) ? [] : [refusal('approval-rate', waitUntil(tally.sends, windowSeconds, now, isFree))];
}

function evaluateDailyCeiling(
  rule: GuardRule,
  ceiling: number,
  { counted, more, own, now }: More & { readonly counted: number | undefined },
): Refusal[] {
  if (ceiling === 0 || (counted ?? 0) - own + more <= ceiling) return [];
  return [refusal(rule, more <= ceiling ? untilNextDay(now) : undefined)];
}

const refusal = (rule: GuardRule, retryAfterMs: number | undefined): Refusal =>
  retryAfterMs === undefined ? { rule } : { rule, retryAfterMs };
/** One rule that refuses, and how long it will, where that is known. */
export interface Refusal {
  readonly rule: GuardRule;
  readonly retryAfterMs?: number;
  /** Of the approval rate: the source is refused, not the prefix. */
  readonly ofSource?: true;
}
