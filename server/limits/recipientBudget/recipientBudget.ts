import { Failure } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import type { Random } from '../../platform/random.js';
import type { Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import type { RuleName } from '../rules.js';
import { type BudgetLimits, CLASS, codeClass, type Lane } from './budgetLimits.js';
import {
  type BudgetEntry,
  type BudgetOperation,
  chargeOperation,
  clearOperation,
  type GivenBack,
  giveBackFailures,
  KNOWN_MS,
  purgeAt,
  releaseOperation,
  repairOperation,
  type StoredBudget,
} from './operations.js';
import { disabled } from './refusals.js';
import { type BudgetStanding, hasEntriesAhead, isDisabled, standingOf, waitForCharge } from './standing.js';
import { type Bought, createTake, type Purchase } from './take.js';

/** Sources kept for one recipient. */
const MOST_SOURCES = 8;

/** A document purged or filled at the same moment settles in two rounds; a third settles both. */
const ROUNDS = 3;

/** Where the units of one recipient and one length of code are. */
export interface BudgetAccount {
  readonly partition: string;
  /** Fingerprint of the limit identity. */
  readonly recipient: string;
  readonly lane: Lane;
  readonly codeLength: number;
}

/**
 * The budget of a recipient over all its sessions: how often it is sent to, and
 * how many codes are compared for it. A message with six digits or more brings
 * one comparison; every other one is bought before it is made. However many
 * sessions, resends, channels and processes there are, the comparisons of any
 * window are at most its units.
 */
export interface RecipientBudget {
  /** Buys the messages of a Send or Resend. Throws RATE_LIMITED or RECIPIENT_BLOCKED with the wait, and then nothing is bought. */
  take(purchase: Purchase): Promise<Bought>;
  /** Buys one comparison and returns its unit's id. Throws RECIPIENT_BLOCKED with the wait; then nothing may be compared. */
  charge(account: BudgetAccount, by: string | undefined, limits: BudgetLimits): Promise<string>;
  /** Gives a comparison back that was bought and not made. */
  refund(account: BudgetAccount, unit: string): Promise<void>;
  /** After a right code; may be repeated. */
  release(
    account: Omit<BudgetAccount, 'lane'>,
    success: { readonly which: GivenBack; readonly source: string | undefined; readonly at: Date },
  ): Promise<void>;
  /** Whether the recipient was verified in the last 90 days, from anywhere. */
  isKnown(partition: string, recipient: string): Promise<boolean>;
  /** How a recipient stands, by every fingerprint its budget may be under, the current one first. */
  standing(partition: string, fingerprints: readonly string[], limits: BudgetLimits): Promise<BudgetStanding>;
  /**
   * Gives a recipient its whole budget back. With `onceIn` not where it was cleared
   * within so many milliseconds: then it throws RATE_LIMITED with the wait.
   */
  clear(
    partition: string,
    fingerprints: readonly string[],
    by: { readonly actor: string; readonly onceIn?: number },
  ): Promise<void>;
}

interface Deps {
  readonly documents: Documents;
  readonly clock: Clock;
  readonly random: Random;
  /** Called with every rule that refused a call. */
  readonly refused?: (rule: RuleName) => void;
}

export function createRecipientBudget({
  documents,
  clock,
  random,
  refused = () => {},
}: Deps): RecipientBudget {
  const budgets = documents.collection<StoredBudget>('limits');
  const idOf = (partition: string, recipient: string) => `${partition}/recipient/${recipient}`;
  const newUnit = () => random.bytes(8).toString('base64url');
  const run = ({ filter, update }: BudgetOperation) => budgets.findOneAndUpdate(filter, update);

  return {
    take: createTake({ budgets, idOf, newUnit, rounds: ROUNDS, refused, clock }),

    async charge({ partition, recipient, lane, codeLength }, by, limits) {
      const _id = idOf(partition, recipient);
      const code = codeClass(codeLength);
      for (let round = 0; ; round++) {
        const now = clock.now();
        const entry: BudgetEntry = { at: new Date(now), id: newUnit(), ...(by !== undefined && { by }) };
        if (await run(chargeOperation(_id, limits, { lane, code, entry }))) return entry.id;
        const seen = await budgets.findOne({ _id });
        if (!seen) {
          const first = {
            _id,
            [lane]: { [CLASS[code].list]: [entry] },
            ...(limits.streak !== undefined && { streak: 1 }),
            purgeAt: purgeAt(now),
          };
          if (await insertOnce(budgets, first)) return entry.id;
        }
        if (isDisabled(seen, limits)) throw disabled(refused);
        const isAhead = hasEntriesAhead(seen, limits, { lane, code, now });
        if (isAhead) await run(repairOperation(_id, limits, { lane, code, now }));
        const waitMs = waitForCharge(seen, limits, { lane, code, now });
        const mayPass = isAhead || waitMs === 0;
        if (mayPass && round + 1 < ROUNDS) continue;
        refused(CLASS[code].rule);
        throw new Failure('RECIPIENT_BLOCKED', { retryAfterMs: Math.max(waitMs, 1_000) });
      }
    },

    async refund({ partition, recipient, lane, codeLength }, unit) {
      const list = `${lane}.${CLASS[codeClass(codeLength)].list}`;
      const _id = idOf(partition, recipient);
      const budget = await budgets.findOneAndUpdate({ _id }, { $pull: { [list]: { id: unit } } });
      if (budget?.streak !== undefined) await run(giveBackFailures(_id, 1));
    },

    async release({ partition, recipient, codeLength }, success) {
      const _id = idOf(partition, recipient);
      const operation = releaseOperation(_id, codeClass(codeLength), success);
      // Only a new source can be one too many.
      if (success.source === undefined) return budgets.updateOne(operation.filter, operation.update);
      const budget = await run(operation);
      const sources = Object.entries(budget?.sources ?? {});
      if (sources.length <= MOST_SOURCES) return;
      const oldest = sources.reduce((one, other) => (other[1] < one[1] ? other : one));
      await budgets.findOneAndUpdate(
        { _id, [`sources.${oldest[0]}`]: oldest[1] },
        { $unset: { [`sources.${oldest[0]}`]: '' } },
      );
    },

    async isKnown(partition, recipient) {
      const budget = await budgets.findOne({ _id: idOf(partition, recipient) });
      return (budget?.verifiedAt?.getTime() ?? 0) > clock.now() - KNOWN_MS;
    },

    async standing(partition, fingerprints, limits) {
      const found = await Promise.all(
        fingerprints.map((who) => budgets.findOne({ _id: idOf(partition, who) })),
      );
      return standingOf(found, limits, clock.now());
    },

    async clear(partition, fingerprints, { actor, onceIn }) {
      const now = clock.now();
      const at = new Date(now);
      for (const who of fingerprints) {
        const { filter, update } = clearOperation(idOf(partition, who), at, actor);
        const last = { 'cleared.0.at': { $lte: new Date(now - (onceIn ?? 0)) } };
        const guard = onceIn === undefined ? {} : { $or: [{ 'cleared.0': { $exists: false } }, last] };
        if ((await budgets.findOneAndUpdate({ ...filter, ...guard }, update)) || onceIn === undefined)
          continue;
        const seen = await budgets.findOne({ _id: filter._id });
        const cleared = seen?.cleared?.[0];
        if (cleared) throw new Failure('RATE_LIMITED', { retryAfterMs: cleared.at.getTime() + onceIn - now });
      }
    },
  };
}
