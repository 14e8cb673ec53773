import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { evaluatePrefix, evaluateWorkspace } from '../../../server/guard/evaluateRules.js';
import { partKey, type RollingCount } from '../../../server/guard/rollingCount.js';
import { defaultsOf, type GuardSettings } from '../../../server/guard/settings.js';
import { SUSPICIOUS_GROUPS } from '../../../server/guard/sourceGroups.js';
import type { PrefixTally, WorkspaceTally } from '../../../server/guard/stored.js';
import { dayKey } from '../../../server/guard/tally.js';

const OFF = defaultsOf('development');
const START = Date.UTC(2030, 0, 15, 12, 34, 56, 789);
const DAY_MS = 86_400_000;

const counted = (count: RollingCount, window: number, at: number, by = 1): RollingCount => {
  const key = partKey(window, at);
  return { ...count, [key]: (count[key] ?? 0) + by };
};

/** Sends one after the other: how long after the one before, and whether it is verified later. */
const sends = fc.array(fc.record({ after: fc.integer({ min: 1, max: 40_000 }), verified: fc.boolean() }), {
  minLength: 1,
  maxLength: 60,
});
const window = fc.constantFrom(60, 61, 100);

/** Plays sends against one prefix and gives back when each passed. Checks of every refusal that its wait is right. */
function play(rules: GuardSettings, window: number, given: readonly { after: number; verified: boolean }[]) {
  let tally: Required<Pick<PrefixTally, 'velocity' | 'sends' | 'approvals'>> = {
    velocity: {},
    sends: {},
    approvals: {},
  };
  let now = START;
  const passed: { at: number; verified: boolean }[] = [];
  const refused: number[] = [];
  const says = (at: number) => evaluatePrefix(rules, tally as never, { more: 1, own: 0, now: at });
  for (const { after, verified } of given) {
    now += after;
    const [refusal] = says(now);
    if (refusal) {
      refused.push(now);
      const free = now + refusal.retryAfterMs!;
      expect(says(free)).toEqual([]);
      expect(says(free - 1)).not.toEqual([]);
      continue;
    }
    tally = {
      velocity: counted(tally.velocity, window, now),
      sends: counted(tally.sends, window, now),
      approvals: verified ? counted(tally.approvals, window, now) : tally.approvals,
    };
    passed.push({ at: now, verified });
  }
  return { passed, refused };
}

describe('a prefix', () => {
  test.prop([window, fc.integer({ min: 1, max: 8 }), sends])(
    'is never sent more than its velocity in any window, and is refused only what would be more in a window and a twelfth',
    (windowSeconds, max, given) => {
      const rules = { ...OFF, prefixVelocity: { max, windowSeconds } };
      const { passed, refused } = play(rules, windowSeconds, given);
      const within = (at: number, ms: number) =>
        passed.filter((one) => one.at <= at && one.at > at - ms).length;
      for (const { at } of passed) expect(within(at, windowSeconds * 1000)).toBeLessThanOrEqual(max);
      for (const at of refused)
        expect(within(at, (windowSeconds * 13_000) / 12 + 1)).toBeGreaterThanOrEqual(max);
    },
  );

  test.prop([window, fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 100 }), sends])(
    'is refused by its approvals when there are enough sends and too few of them verified, and only then',
    (windowSeconds, minSends, minPercent, given) => {
      const rules = { ...OFF, approvalRate: { minSends, minPercent, windowSeconds } };
      const { passed, refused } = play(rules, windowSeconds, given);
      /** What may have been counted at a time: all of the window, and some of the twelfth before it. */
      const possible = (at: number) => {
        const since = (ms: number) => passed.filter((one) => one.at < at && one.at > at - ms);
        const sure = since(windowSeconds * 1000).length;
        const most = since((windowSeconds * 13_000) / 12 + 1);
        return Array.from({ length: most.length - sure + 1 }, (_, gone) => most.slice(gone));
      };
      const isTooLow = (sent: readonly { verified: boolean }[]) =>
        sent.length >= minSends &&
        sent.filter(({ verified }) => verified).length * 100 < minPercent * sent.length &&
        // A message without a source is a group of its own.
        sent.filter(({ verified }) => !verified).length >= Math.min(SUSPICIOUS_GROUPS, minSends);
      for (const at of refused) expect(possible(at).some(isTooLow)).toBe(true);
      for (const { at } of passed) expect(possible(at).every(isTooLow)).toBe(false);
    },
  );

  const approvals = (sent: number, verified: number) => {
    const rules = { ...OFF, approvalRate: { minSends: 50, minPercent: 5, windowSeconds: 3_600 } };
    const tally = {
      sends: counted({}, 3_600, START, sent),
      approvals: counted({}, 3_600, START, verified),
    };
    return evaluatePrefix(rules, tally, { more: 1, own: 0, now: START }).map(({ rule }) => rule);
  };

  it('is looked at from min_sends on, and stopped below min_percent, not at it', () => {
    expect(approvals(49, 0)).toEqual([]);
    expect(approvals(50, 0)).toEqual(['approval-rate']);
    expect(approvals(50, 2)).toEqual(['approval-rate']);
    expect(approvals(60, 3)).toEqual([]);
    expect(approvals(61, 3)).toEqual(['approval-rate']);
  });

  it('may be sent again sooner where the ones that were not verified leave first', () => {
    const rules = { ...OFF, approvalRate: { minSends: 2, minPercent: 50, windowSeconds: 60 } };
    const later = START + 20_000;
    const tally = {
      sends: counted(counted({}, 60, START, 4), 60, later, 2),
      approvals: counted({}, 60, later, 2),
    };
    const [refusal] = evaluatePrefix(rules, tally, { more: 1, own: 0, now: later });
    // The first four leave with the part of 5 s in which they were sent: 12:34:55 + 5 s + 60 s.
    expect(refusal).toEqual({ rule: 'approval-rate', retryAfterMs: Date.UTC(2030, 0, 15, 12, 36) - later });
  });

  it('has no use for waiting where one send alone is more than allowed', () => {
    const rules = { ...OFF, prefixVelocity: { max: 1, windowSeconds: 60 } };
    expect(evaluatePrefix(rules, {}, { more: 2, own: 0, now: START })).toEqual([{ rule: 'prefix-velocity' }]);
    const own = { velocity: counted({}, 60, START, 2) };
    expect(evaluatePrefix(rules, own, { more: 2, own: 2, now: START })).toEqual([
      { rule: 'prefix-velocity' },
    ]);
  });
});

describe('a workspace', () => {
  const message = { prefix: 'p', country: 'CO', price: 300 };
  const says = (dailyCeiling: GuardSettings['dailyCeiling'], tally: Partial<WorkspaceTally>, many = 1) =>
    evaluateWorkspace({ ...OFF, dailyCeiling }, tally, {
      messages: Array(many).fill(message),
      own: false,
      now: START,
    });
  const today = (messages: number, spendMicros: number) => ({
    days: { [dayKey(START)]: { messages, spendMicros }, [dayKey(START - DAY_MS)]: { messages: 1_000 } },
  });
  const wait = DAY_MS - (START % DAY_MS);

  it('sends as many as its daily ceiling says, and no more until midnight', () => {
    expect(says({ messages: 3, spendMicros: 0 }, today(2, 0))).toEqual([]);
    const full = [{ rule: 'daily-messages', retryAfterMs: wait }];
    expect(says({ messages: 3, spendMicros: 0 }, today(3, 0))).toEqual(full);
    expect(says({ messages: 3, spendMicros: 0 }, today(2, 0), 2)).toEqual(full);
    expect(says({ messages: 3, spendMicros: 0 }, today(0, 0), 4)).toEqual([{ rule: 'daily-messages' }]);
  });

  it('spends as much as its daily ceiling says, and no more until midnight', () => {
    expect(says({ messages: 0, spendMicros: 900 }, today(0, 600))).toEqual([]);
    const full = [{ rule: 'daily-spend', retryAfterMs: wait }];
    expect(says({ messages: 0, spendMicros: 899 }, today(0, 600))).toEqual(full);
    expect(says({ messages: 0, spendMicros: 299 }, today(0, 0))).toEqual([{ rule: 'daily-spend' }]);
  });

  it('sends what is free beyond what it may spend', () => {
    const rules = { ...OFF, dailyCeiling: { messages: 0, spendMicros: 10 } };
    expect(
      evaluateWorkspace(rules, today(0, 50), {
        messages: [{ ...message, price: 0 }],
        own: false,
        now: START,
      }),
    ).toEqual([]);
  });

  it('counts each country by itself', () => {
    const rules = { ...OFF, countryVelocity: { max: 2, windowSeconds: 60 } };
    const tally = { countries: { CO: counted({}, 60, START, 2), '+881': counted({}, 60, START) } };
    const to = (...countries: string[]) =>
      evaluateWorkspace(rules, tally, {
        messages: countries.map((country) => ({ ...message, country })),
        own: false,
        now: START,
      });
    expect(to('CL', '+881')).toEqual([]);
    expect(to('CO', '+881')).toEqual([{ rule: 'country-velocity', retryAfterMs: 64_000 - 789 }]);
    expect(to('+881', '+881')).toHaveLength(1);
    expect(to('CL', 'CL')).toEqual([]);
  });
});
