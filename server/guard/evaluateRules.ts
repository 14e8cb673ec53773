import { isListed } from './countries.js';
import { type RollingCount, rollingTotal, waitUntil } from './rollingCount.js';
import type { GuardSettings } from './settings.js';
import type { ApprovalRate, GuardRule, PrefixTally, Velocity, WorkspaceTally } from './stored.js';
import { type Counted, dayKey, untilNextDay } from './tally.js';

/** What the lists say of a country. */
export function evaluateCountry(settings: GuardSettings, country: string): Refusal[] {
  const { countryAllow: allow, countryBlock: block } = settings;
  return [
    ...(allow.length > 0 && !isListed(allow, country) ? [{ rule: 'country-not-allowed' } as const] : []),
    ...(isListed(block, country) ? [{ rule: 'country-blocked' } as const] : []),
  ];
}

/**
 * What the counts of a prefix say of `messages` more. They are `own` of those
 * counted: as many where they are in the counts already, else 0.
 */
export const evaluatePrefix = (
  { prefixVelocity, approvalRate }: GuardSettings,
  tally: Partial<PrefixTally>,
  messages: number,
  own: number,
  now: number,
): Refusal[] => [
  ...evaluateVelocity('prefix-velocity', prefixVelocity, tally.velocity, messages, own, now),
  ...evaluateApprovalRate(approvalRate, tally, own, now),
];

/** What the counts of a workspace say of `messages` more, `own`: they are in the counts already. */
export function evaluateWorkspace(
  { countryVelocity, dailyCeiling: ceiling }: GuardSettings,
  tally: Partial<WorkspaceTally>,
  messages: readonly Counted[],
  own: boolean,
  now: number,
): Refusal[] {
  const today = tally.days?.[dayKey(now)] ?? {};
  const price = messages.reduce((sum, message) => sum + message.price, 0);
  const count = messages.length;
  return [
    ...[...new Set(messages.map(({ country }) => country))].flatMap((country) => {
      const more = messages.filter((message) => message.country === country).length;
      const counted = tally.countries?.[country];
      return evaluateVelocity('country-velocity', countryVelocity, counted, more, own ? more : 0, now);
    }),
    ...evaluateDailyCeiling('daily-messages', ceiling.messages, today.messages, count, own ? count : 0, now),
    ...(price > 0
      ? evaluateDailyCeiling(
          'daily-spend',
          ceiling.spendMicros,
          today.spendMicros,
          price,
          own ? price : 0,
          now,
        )
      : []),
  ];
}

function evaluateVelocity(
  rule: GuardRule,
  { max, windowSeconds }: Velocity,
  counted: RollingCount | undefined,
  more: number,
  own: number,
  now: number,
): Refusal[] {
  const isFree = (at: number) => Math.max(0, rollingTotal(counted, windowSeconds, at) - own) + more <= max;
  if (max === 0 || isFree(now)) return [];
  return [refusal(rule, waitUntil(counted, windowSeconds, now, isFree))];
}

function evaluateApprovalRate(
  { minSends, minPercent, windowSeconds }: ApprovalRate,
  { sends, approvals }: Partial<PrefixTally>,
  own: number,
  now: number,
): Refusal[] {
  const isFree = (at: number) => {
    const sent = rollingTotal(sends, windowSeconds, at) - own;
    return sent < minSends || rollingTotal(approvals, windowSeconds, at) * 100 >= minPercent * sent;
  };
  if (minSends === 0 || isFree(now)) return [];
  return [refusal('approval-rate', waitUntil(sends, windowSeconds, now, isFree))];
}

function evaluateDailyCeiling(
  rule: GuardRule,
  ceiling: number,
  counted: number | undefined,
  more: number,
  own: number,
  now: number,
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
}
