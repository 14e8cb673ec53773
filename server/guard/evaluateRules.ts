import { evaluateCountryRate, evaluatePrefixRate } from './approvalRate.js';
import { isListed } from './countries.js';
import { type Messages, type Refusal, refusal } from './refusal.js';
import { type RollingCount, rollingTotal, waitUntil } from './rollingCount.js';
import type { GuardSettings } from './settings.js';
import type {
  CountryTally,
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

/** What the counts of a prefix say of these messages. */
export const evaluatePrefix = (
  { prefixVelocity, approvalRate }: GuardSettings,
  tally: Partial<PrefixTally>,
  messages: Messages,
): Refusal[] => [
  ...evaluateVelocity('prefix-velocity', prefixVelocity, { ...messages, counted: tally.velocity }),
  ...evaluatePrefixRate(approvalRate, tally, messages),
];

/** What the counts of a country say of these messages. */
export const evaluateCountry = (
  { countryApprovalRate }: GuardSettings,
  tally: Partial<CountryTally>,
  messages: Messages,
): Refusal[] => evaluateCountryRate(countryApprovalRate, tally, messages);

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
  const adding = (more: number): Messages => ({ more, own: own ? more : 0, now });
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
  { counted, more, own, now }: Messages & { readonly counted: RollingCount | undefined },
): Refusal[] {
  const isFree = (at: number) => Math.max(0, rollingTotal(counted, windowSeconds, at) - own) + more <= max;
  if (max === 0 || isFree(now)) return [];
  return [refusal(rule, waitUntil(counted, windowSeconds, now, isFree))];
}

function evaluateDailyCeiling(
  rule: GuardRule,
  ceiling: number,
  { counted, more, own, now }: Messages & { readonly counted: number | undefined },
): Refusal[] {
  if (ceiling === 0 || (counted ?? 0) - own + more <= ceiling) return [];
  return [refusal(rule, more <= ceiling ? untilNextDay(now) : undefined)];
}
