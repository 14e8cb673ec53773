import { type BudgetLimit, type BudgetLimits, CLASS, CODE_CLASSES, isOn, type Lane } from './budgetLimits.js';
import { type BudgetEntry, KNOWN_MS, type StoredBudget, type TakeRequest, takenFrom } from './operations.js';

const NONE: readonly BudgetEntry[] = [];

/** The entries of a list, such as `open.sends`. */
function listAt(budget: StoredBudget | null, path: string): readonly BudgetEntry[] {
  const [lane, list] = path.split('.') as [Lane, 'sends' | 't4' | 't5' | 't6'];
  return budget?.[lane]?.[list] ?? NONE;
}

/** Whether the recipient was verified from this source in the last 90 days. */
export const isKnownSource = (
  budget: StoredBudget | null,
  source: string | undefined,
  now: number,
): boolean => {
  const last = source === undefined ? undefined : budget?.sources?.[source];
  return last !== undefined && last.getTime() > now - KNOWN_MS;
};

/** Why a take does not pass, and when it would if nothing more happened. */
export interface Shortage {
  readonly rule: BudgetLimit['rule'];
  readonly max: number;
  readonly waitMs: number;
}

/** What a take lacks room in; empty where it passes. */
export const shortages = (
  budget: StoredBudget | null,
  limits: BudgetLimits,
  request: TakeRequest,
): Shortage[] =>
  takenFrom(limits, request).flatMap(({ path, limit, m }) => {
    const waitMs = waitFor(listAt(budget, path), limit, { lane: request.lane, m, now: request.now });
    return waitMs > 0 ? [{ rule: limit.rule, max: limit.max[request.lane], waitMs }] : [];
  });

/** How long until `m` more entries have room, milliseconds; 0 where they have. */
export function waitFor(
  entries: readonly BudgetEntry[],
  { max, countsMs }: BudgetLimit,
  { lane, m, now }: { readonly lane: Lane; readonly m: number; readonly now: number },
): number {
  const last = max[lane] - m;
  if (last < 0) return countsMs;
  const entry = entries[last];
  return entry ? Math.max(0, entry.at.getTime() + countsMs - now) : 0;
}

/** How long until one more comparison can be bought. */
export const waitForCharge = (
  budget: StoredBudget | null,
  limits: BudgetLimits,
  { lane, code, now }: Pick<TakeRequest, 'lane' | 'code' | 'now'>,
): number =>
  isOn(limits.units[code])
    ? waitFor(listAt(budget, `${lane}.${CLASS[code].list}`), limits.units[code], { lane, m: 1, now })
    : 0;

/** Whether the budget holds entries that no right clock can have written. */
export const hasEntriesAhead = (
  budget: StoredBudget | null,
  limits: BudgetLimits,
  { lane, code, now }: Pick<TakeRequest, 'lane' | 'code' | 'now'>,
): boolean =>
  [`${lane}.sends`, `${lane}.${CLASS[code].list}`].some((path) =>
    listAt(budget, path).some(({ at }) => at.getTime() > now + limits.units[code].countsMs),
  );

/** Whether so many more failures in a row are too many: then only a right code or an operator helps, and no waiting. */
export const isDisabled = (
  budget: StoredBudget | null,
  { streak }: Pick<BudgetLimits, 'streak'>,
  more = 1,
): boolean => streak !== undefined && (budget?.streak ?? 0) > streak - more;

/** What is used of one limit of one lane. */
export interface BudgetUse {
  readonly rule: BudgetLimit['rule'];
  readonly lane: Lane;
  /** 0: it counts all messages. */
  readonly codeLength: number;
  readonly used: number;
  readonly max: number;
  readonly countsMs: number;
  /** When the next one is free, milliseconds since the epoch; absent: now. */
  readonly freeAt?: number;
}

/** How a recipient stands, by every document its budget may be in. */
export interface BudgetStanding {
  readonly uses: readonly BudgetUse[];
  readonly knownSources: number;
  /** Until when a source that is not known gets nothing sent; absent: it does. */
  readonly blockedUntil?: number;
  readonly failuresInARow: number;
  /** Nothing is sent or compared until the block is cleared. */
  readonly disabled: boolean;
}

export function standingOf(
  budgets: readonly (StoredBudget | null)[],
  limits: BudgetLimits,
  now: number,
): BudgetStanding {
  const lists: readonly { readonly list: string; readonly limit: BudgetLimit; readonly digits: number }[] = [
    { list: 'sends', limit: limits.burst, digits: 0 },
    { list: 'sends', limit: limits.daily, digits: 0 },
    ...CODE_CLASSES.map((code) => ({ ...CLASS[code], limit: limits.units[code] })),
  ];
  const uses = (['open', 'known'] as const).flatMap((lane) =>
    lists
      .filter(({ limit }) => isOn(limit))
      .map(({ list, limit, digits }): BudgetUse => {
        const entries = budgets.map((budget) => listAt(budget, `${lane}.${list}`));
        const used = entries.flat().filter(({ at }) => at.getTime() > now - limit.countsMs).length;
        // Each document is a budget of its own; the recipient's current one comes first.
        const wait = waitFor(entries[0] ?? NONE, limit, { lane, m: 1, now });
        return {
          rule: limit.rule,
          lane,
          codeLength: digits,
          used,
          max: limit.max[lane],
          countsMs: limit.countsMs,
          ...(wait > 0 && { freeAt: now + wait }),
        };
      }),
  );
  const sources = new Set(
    budgets.flatMap((budget) =>
      Object.keys(budget?.sources ?? {}).filter((source) => isKnownSource(budget, source, now)),
    ),
  );
  const blocking = uses.filter(
    ({ lane, rule, freeAt }) =>
      lane === 'open' && freeAt !== undefined && (rule === 'recipient-daily' || rule === CLASS.c6.rule),
  );
  return {
    uses,
    knownSources: sources.size,
    failuresInARow: Math.max(0, ...budgets.map((budget) => budget?.streak ?? 0)),
    disabled: isDisabled(budgets[0] ?? null, limits),
    ...(blocking.length > 0 && { blockedUntil: Math.max(...blocking.map(({ freeAt }) => freeAt!)) }),
  };
}
