import { isListed } from './countries.js';
import { type RollingCount, totalOf, waitUntil } from './rolling.js';
import type { GuardRule, Refusal } from './rules.js';
import type { ApprovalRate, GuardSettings, Velocity } from './settings.js';
import { type Counted, dayKey, type PrefixTally, untilNextDay, type WorkspaceTally } from './tally.js';

/** What the lists say of a country. */
export function byCountry(settings: GuardSettings, country: string): Refusal[] {
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
export const byPrefix = (
  { prefixVelocity, approvalRate }: GuardSettings,
  tally: Partial<PrefixTally>,
  messages: number,
  own: number,
  now: number,
): Refusal[] => [
  ...byVelocity('prefix-velocity', prefixVelocity, tally.velocity, messages, own, now),
  ...byApprovals(approvalRate, tally, own, now),
];

/** What the counts of a workspace say of `messages` more, `own`: they are in the counts already. */
export function byWorkspace(
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
      return byVelocity('country-velocity', countryVelocity, counted, more, own ? more : 0, now);
    }),
    ...byDay('daily-messages', ceiling.messages, today.messages, count, own ? count : 0, now),
    ...(price > 0
      ? byDay('daily-spend', ceiling.spendMicros, today.spendMicros, price, own ? price : 0, now)
      : []),
  ];
}

function byVelocity(
  rule: GuardRule,
  { max, windowSeconds }: Velocity,
  counted: RollingCount | undefined,
  more: number,
  own: number,
  now: number,
): Refusal[] {
  const isFree = (at: number) => Math.max(0, totalOf(counted, windowSeconds, at) - own) + more <= max;
  if (max === 0 || isFree(now)) return [];
  return [refusal(rule, waitUntil(counted, windowSeconds, now, isFree))];
}

function byApprovals(
  { minSends, minPercent, windowSeconds }: ApprovalRate,
  { sends, approvals }: Partial<PrefixTally>,
  own: number,
  now: number,
): Refusal[] {
  const isFree = (at: number) => {
    const sent = totalOf(sends, windowSeconds, at) - own;
    return sent < minSends || totalOf(approvals, windowSeconds, at) * 100 >= minPercent * sent;
  };
  if (minSends === 0 || isFree(now)) return [];
  return [refusal('approval-rate', waitUntil(sends, windowSeconds, now, isFree))];
}

function byDay(
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
