import { DAY_MS } from '../../platform/durations.js';
import { type BudgetLimits, CLASS, CODE_CLASSES, type CodeClass, isOn, slackMs } from './budgetLimits.js';

const YEAR_MS = 365 * DAY_MS;

/** A chance a year above which a workspace has to accept a limit in so many words. */
export const WEAK = 0.02;

/** Stands for comparisons without a limit. */
export const UNLIMITED = 2_147_483_647;

/** How likely one recipient's codes of one length are guessed under the limits in force. */
export interface LengthBound {
  readonly code: CodeClass;
  readonly digits: number;
  readonly perDay: number;
  readonly perYear: number;
  /** Chance a year. */
  readonly chance: number;
  /** The same for a caller without a known source. */
  readonly strangerChance: number;
}

/** The chance that one of `guesses` hits a code of so many digits. */
const chanceOf = (guesses: number, digits: number): number =>
  guesses >= UNLIMITED ? 1 : 1 - (1 - 10 ** -digits) ** guesses;

/** The bound of one length: a unit counts for its window and three lifetimes, so a span of time holds so many of them. */
function boundOf(limits: BudgetLimits, code: CodeClass, slack: number): LengthBound {
  const { digits } = CLASS[code];
  const limit = limits.units[code];
  const { open, known } = limit.max;
  const within = (units: number, spans: number) => (isOn(limit) ? units * spans : UNLIMITED);
  const years = Math.floor(YEAR_MS / limit.countsMs) + 1;
  const days = Math.ceil((DAY_MS + slack) / limit.countsMs);
  const perYear = within(open + known, years);
  return {
    code,
    digits,
    perDay: within(open + known, days),
    perYear,
    chance: chanceOf(perYear, digits),
    strangerChance: chanceOf(within(open, years), digits),
  };
}

/** The bound of every length of code. */
export const lengthBounds = (limits: BudgetLimits, longestLifetimeMs: number): readonly LengthBound[] =>
  CODE_CLASSES.map((code) => boundOf(limits, code, slackMs(longestLifetimeMs)));

/** The chance that a code of any of the lengths in use is guessed. */
export const combinedChance = (bounds: readonly LengthBound[], used: ReadonlySet<CodeClass>): number =>
  1 - bounds.filter(({ code }) => used.has(code)).reduce((none, { chance }) => none * (1 - chance), 1);

/**
 * The first length that a change makes weak: its chance rises, and above WEAK.
 * Four digits are weak from the start, so theirs may not rise above the default.
 */
export const madeWeak = (
  before: readonly LengthBound[],
  after: readonly LengthBound[],
  defaults: readonly LengthBound[],
): LengthBound | undefined =>
  after.find(({ code, chance }, index) => {
    const most = code === 'c4' ? Math.max(WEAK, defaults[index]!.chance) : WEAK;
    return chance > most && chance > before[index]!.chance;
  });
