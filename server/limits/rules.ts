import { DAY_SECONDS, HOUR_SECONDS, MINUTE_SECONDS } from '../platform/durations.js';

/** A named rule: at most `max` in any window of `windowSeconds`. */
export interface Rule {
  readonly max: number;
  readonly windowSeconds: number;
}

/**
 * THE limits on traffic: every rule by name, with its default and its source.
 * A workspace changes all but the FIXED ones at run time; `max: 0` switches a rule
 * off.
 *
 * Limits of one session are in session/limits.ts, of connections in
 * http/limits.ts.
 */
export const RULES = {
  /** Calls of one client to the beneficiary API's send and validate together (its document: 50 a minute). */
  'client-requests': { max: 50, windowSeconds: MINUTE_SECONDS },
  /** Sends for one end-user address (multi-channel document: 20 an hour per IP). IPv6 counts by /64. */
  'ip-sends': { max: 20, windowSeconds: HOUR_SECONDS },
  /** Sends for one metadata.user_id (multi-channel document: 5 in 5 minutes per user). */
  'user-sends': { max: 5, windowSeconds: 5 * MINUTE_SECONDS },
  /** Sends to one recipient; text messages and WhatsApp to one phone count together. */
  'recipient-sends': { max: 5, windowSeconds: 5 * MINUTE_SECONDS },
  /** Sends to one beneficiary of one sponsor (beneficiary document: 5 an hour); replaces recipient-sends there. */
  'beneficiary-sends': { max: 5, windowSeconds: HOUR_SECONDS },
  /** Diagnoses and searches for one recipient by one key, so that none lists who is known. */
  'recipient-lookups': { max: 60, windowSeconds: MINUTE_SECONDS },
  /** Loads of one verification page. */
  'page-loads': { max: 30, windowSeconds: MINUTE_SECONDS },
  /** Failed requests for an access token, by client id and by address. */
  'token-endpoint': { max: 10, windowSeconds: MINUTE_SECONDS },
  /** Sends to one recipient in a day; a cooldown alone would allow over a thousand. */
  'recipient-daily': { max: 20, windowSeconds: DAY_SECONDS },
  /** Units of one recipient for codes of six to eight digits: each message and each further comparison uses one. */
  'recipient-guesses-6': { max: 20, windowSeconds: DAY_SECONDS },
  /** The same for codes of five digits: each comparison uses one. */
  'recipient-guesses-5': { max: 7, windowSeconds: 2 * DAY_SECONDS },
  /** The same for codes of four digits, which are weak by nature: fewer would lock out owners who mistype. */
  'recipient-guesses-4': { max: 28, windowSeconds: 30 * DAY_SECONDS },
} as const satisfies Record<string, Rule>;

/** The name of a rule. */
export type RuleName = keyof typeof RULES;

/** Rules that the recipient's budget counts, in one document per recipient. */
export const BUDGET_RULES = [
  'recipient-sends',
  'recipient-daily',
  'recipient-guesses-6',
  'recipient-guesses-5',
  'recipient-guesses-4',
] as const satisfies readonly RuleName[];

export type BudgetRuleName = (typeof BUDGET_RULES)[number];

export const isBudgetRule = (name: RuleName): name is BudgetRuleName =>
  (BUDGET_RULES as readonly RuleName[]).includes(name);

/** The most that a rule of the budget allows: as many entries its lists keep. */
export const MOST_OF_BUDGET = 100;

/** Units besides `max` that only sources known for the recipient use. No workspace changes them. */
export const KNOWN_MAX: Readonly<Partial<Record<BudgetRuleName, number>>> = {
  'recipient-daily': 10,
  'recipient-guesses-6': 10,
  'recipient-guesses-5': 3,
  'recipient-guesses-4': 10,
};

/** Rules that hold for the whole service: they count before it is known whose the caller is. */
export const FIXED: ReadonlySet<RuleName> = new Set<RuleName>([
  'token-endpoint',
  'recipient-lookups',
  'page-loads',
]);

/** What a workspace changed. */
export type RuleOverrides = Readonly<Partial<Record<RuleName, Rule>>>;

/** The rule in force for a workspace. */
export const ruleFor = (name: RuleName, overrides: RuleOverrides): Rule => overrides[name] ?? RULES[name];
