import { isListed } from './countries.js';
import { fallsIn, totalOf } from './rolling.js';
import type { Refusal } from './rules.js';
import type { GuardSettings } from './settings.js';
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
export function byPrefix(
  { prefixVelocity, approvalRate }: GuardSettings,
  tally: Partial<PrefixTally>,
  messages: number,
  own: number,
  now: number,
): Refusal[] {
  const refusals: Refusal[] = [];
  const { max, windowSeconds } = prefixVelocity;
  if (max > 0 && totalOf(tally.velocity, windowSeconds, now) - own + messages > max) {
    refusals.push({
      rule: 'prefix-velocity',
      retryAfterMs: fallsIn(tally.velocity, windowSeconds, now, max + own - messages),
    });
  }
  const { minSends, minPercent, windowSeconds: rateWindow } = approvalRate;
  if (minSends > 0) {
    const sends = totalOf(tally.sends, rateWindow, now) - own;
    const approvals = totalOf(tally.approvals, rateWindow, now);
    if (sends >= minSends && approvals * 100 < minPercent * sends) {
      const retryAfterMs = fallsIn(tally.sends, rateWindow, now, minSends - 1 + own);
      refusals.push({ rule: 'approval-rate', retryAfterMs });
    }
  }
  return refusals;
}

/** What the counts of a workspace say of `messages` more, `own` as above. */
export function byWorkspace(
  { countryVelocity, dailyCeiling }: GuardSettings,
  tally: Partial<WorkspaceTally>,
  messages: readonly Counted[],
  own: boolean,
  now: number,
): Refusal[] {
  const refusals: Refusal[] = [];
  const { max, windowSeconds } = countryVelocity;
  for (const country of new Set(messages.map((message) => message.country))) {
    const more = messages.filter((message) => message.country === country).length;
    const mine = own ? more : 0;
    const counted = tally.countries?.[country];
    if (max > 0 && totalOf(counted, windowSeconds, now) - mine + more > max) {
      const retryAfterMs = fallsIn(counted, windowSeconds, now, max + mine - more);
      refusals.push({ rule: 'country-velocity', retryAfterMs });
    }
  }
  const today = tally.days?.[dayKey(now)] ?? {};
  const price = messages.reduce((sum, message) => sum + message.price, 0);
  const tomorrow = { retryAfterMs: untilNextDay(now) };
  const sent = (today.messages ?? 0) + (own ? 0 : messages.length);
  const spent = (today.spendMicros ?? 0) + (own ? 0 : price);
  if (dailyCeiling.messages > 0 && sent > dailyCeiling.messages)
    refusals.push({ rule: 'daily-messages', ...tomorrow });
  if (dailyCeiling.spendMicros > 0 && price > 0 && spent > dailyCeiling.spendMicros)
    refusals.push({ rule: 'daily-spend', ...tomorrow });
  return refusals;
}
