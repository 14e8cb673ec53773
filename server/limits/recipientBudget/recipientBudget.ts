import type { ChannelName } from '../../domain/channels.js';
import type { RateLimit } from '../../domain/rateLimit.js';
import { Failure } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import type { Random } from '../../platform/random.js';
import { SESSION_LIMITS } from '../../session/limits.js';
import type { Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import type { RuleName } from '../rules.js';
import { type BudgetLimits, CLASS, codeClass, type Lane, withoutSends } from './budgetLimits.js';
import {
  type BudgetEntry,
  type BudgetOperation,
  chargeOperation,
  clearOperation,
  failuresOf,
  type GivenBack,
  giveBackFailures,
  giveBackOperations,
  KNOWN_MS,
  prepaid,
  purgeAt,
  releaseOperation,
  repairOperation,
  type StoredBudget,
  type TakeRequest,
  takeOperation,
} from './operations.js';
import {
  type BudgetStanding,
  hasEntriesAhead,
  isDisabled,
  isKnownSource,
  type Shortage,
  shortages,
  standingOf,
  waitForCharge,
} from './standing.js';

/** Sources kept for one recipient. */
const MOST_SOURCES = 8;

/** A document purged or filled at the same moment settles in two rounds; a third settles both. */
const ROUNDS = 3;

/** What a channel's message bought. */
export interface Unit {
  readonly lane: Lane;
  /** Of the comparison that comes with the message; absent where none does. */
  readonly unit?: string;
  /** Comparisons that come with the message. */
  readonly paid: 0 | 1;
}

/** A Send or Resend that wants to buy its messages. */
export interface Purchase {
  readonly partition: string;
  /** The channels of each recipient, by the fingerprint of its limit identity. */
  readonly recipients: ReadonlyMap<string, readonly ChannelName[]>;
  readonly codeLength: number;
  /** Six digits instead, where the budget for shorter codes is used up. */
  readonly mayLengthen: boolean;
  /** Keyed hash of where the person is; undefined where that is not known. */
  readonly source: string | undefined;
  /** The caller has authenticated the person in another way: the known lane is open to it. */
  readonly vouched: boolean;
  /** Recipients whose sends are not limited; their units are. */
  readonly unlimitedSends?: ReadonlySet<string>;
  /** A beneficiary has a burst limit of its own. */
  readonly withoutBurst: boolean;
  readonly limits: BudgetLimits;
}

/** What was bought, and how to give it back while nothing has come of it. */
export interface Bought {
  /** When, milliseconds: the life of the codes begins here, so that no unit is older than its window thinks. */
  readonly at: number;
  readonly codeLength: number;
  readonly units: ReadonlyMap<ChannelName, Unit>;
  /** The limit on sends with the least left. */
  readonly tightest?: RateLimit;
  /** Something may have come of it: giveBack gives nothing back any more. */
  keep(): void;
  giveBack(): Promise<void>;
}

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

/** `refused` is called with every rule that refused a call. */
export function createRecipientBudget(
  documents: Documents,
  clock: Clock,
  random: Random,
  refused: (rule: RuleName) => void = () => {},
): RecipientBudget {
  const budgets = documents.collection<StoredBudget>('limits');
  const idOf = (partition: string, recipient: string) => `${partition}/recipient/${recipient}`;
  const newUnit = () => random.bytes(8).toString('base64url');
  const run = ({ filter, update }: BudgetOperation) => budgets.findOneAndUpdate(filter, update);

  /** Takes for one recipient, in the open lane or, for a known source, in the known one. */
  async function takeOne(
    _id: string,
    purchase: Pick<Purchase, 'limits' | 'source' | 'vouched'>,
    request: Omit<TakeRequest, 'lane'>,
  ): Promise<{ readonly lane: Lane; readonly budget: StoredBudget }> {
    const { limits, source, vouched } = purchase;
    const takeIn = (lane: Lane) => run(takeOperation(_id, limits, { lane, ...request }));
    const budget = await takeIn('open');
    if (budget) return { lane: 'open', budget };
    const first = firstTake(_id, limits, request);
    let lacking: readonly Shortage[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      if (first && (await insertOnce(budgets, first))) return { lane: 'open', budget: first };
      const seen = await budgets.findOne({ _id });
      if (isDisabled(seen, limits, failuresOf(request))) throw disabled(refused);
      const lanes: readonly Lane[] =
        vouched || isKnownSource(seen, source, request.now) ? ['open', 'known'] : ['open'];
      const waits: Shortage[][] = [];
      for (const lane of lanes) {
        const isAhead = hasEntriesAhead(seen, limits, { lane, ...request });
        if (isAhead) await run(repairOperation(_id, limits, { lane, ...request }));
        const short = shortages(seen, limits, { lane, ...request });
        if (isAhead || short.length === 0) {
          const taken = await takeIn(lane);
          if (taken) return { lane, budget: taken };
        }
        waits.push(short);
      }
      lacking = soonest(waits);
      if (seen && lacking.length > 0) break;
    }
    for (const { rule } of lacking) refused(rule);
    throw refusalOf(lacking);
  }

  async function takeAll(purchase: Purchase, codeLength: number): Promise<Bought> {
    const { partition, recipients, mayLengthen, withoutBurst, unlimitedSends } = purchase;
    const now = clock.now();
    const code = codeClass(codeLength);
    const units = new Map<ChannelName, Unit>();
    const undo: (() => Promise<unknown>)[] = [];
    let tightest: RateLimit | undefined;
    const giveBack = async () => {
      await Promise.all(undo.splice(0).map((step) => step()));
    };
    try {
      for (const [recipient, channels] of recipients) {
        const _id = idOf(partition, recipient);
        const ids = channels.map(newUnit);
        const need = mayLengthen ? 2 : 1;
        const request = { code, ids, need, withoutBurst, now };
        const isUnlimited = unlimitedSends?.has(recipient) ?? false;
        const limits = isUnlimited ? withoutSends(purchase.limits) : purchase.limits;
        const { lane, budget } = await takeOne(_id, { ...purchase, limits }, request);
        undo.push(() => run(giveBackOperations(_id, { lane, code, ids })));
        if (budget.streak !== undefined) undo.push(() => run(giveBackFailures(_id, failuresOf(request))));
        tightest = tighter(tightest, sendsLeft(budget, limits, { lane, ...request }));
        for (const [index, channel] of channels.entries()) {
          const paid = prepaid(code);
          units.set(channel, { lane, paid, ...(paid > 0 && { unit: ids[index]! }) });
        }
      }
    } catch (thrown) {
      await giveBack();
      throw thrown;
    }
    const keep = () => {
      undo.length = 0;
    };
    return { at: now, codeLength, units, ...(tightest && { tightest }), keep, giveBack };
  }

  return {
    async take(purchase) {
      const { codeLength, mayLengthen } = purchase;
      try {
        return await takeAll(purchase, codeLength);
      } catch (thrown) {
        const isFull = thrown instanceof Failure && thrown.reason === 'RECIPIENT_BLOCKED';
        if (!mayLengthen || !isFull || codeLength >= SESSION_LIMITS.shortCodeBelow) throw thrown;
        return takeAll({ ...purchase, mayLengthen: false }, SESSION_LIMITS.shortCodeBelow);
      }
    },

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
      const budget = await run(releaseOperation(_id, codeClass(codeLength), success));
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

/** The document that a first take makes; undefined where it would have more messages than any limit allows. */
function firstTake(
  _id: string,
  limits: BudgetLimits,
  request: Omit<TakeRequest, 'lane'>,
): StoredBudget | undefined {
  const { code, ids, now } = request;
  if (shortages(null, limits, { lane: 'open', ...request }).length > 0) return undefined;
  const entries = ids.map((id) => ({ at: new Date(now), id }));
  return {
    _id,
    open: {
      sends: entries.slice(0, 1),
      ...(prepaid(code) > 0 && { [CLASS[code].list]: entries }),
    },
    ...(limits.streak !== undefined && failuresOf(request) > 0 && { streak: failuresOf(request) }),
    purgeAt: purgeAt(now),
  };
}

/** Too many failures in a row: no wait helps, so none is given. */
function disabled(refused: (rule: RuleName) => void): Failure {
  refused(CLASS.c6.rule);
  return new Failure('RECIPIENT_BLOCKED', { rule: CLASS.c6.rule });
}

const longest = (lacking: readonly Shortage[]): number => Math.max(0, ...lacking.map(({ waitMs }) => waitMs));

/** Of the lanes that a caller may use the one that has room first. */
const soonest = (lanes: readonly (readonly Shortage[])[]): readonly Shortage[] =>
  lanes.reduce((one, other) => (longest(other) < longest(one) ? other : one));

/** A burst that ends soon is a limit like any other; a day or the units that are used up block the recipient. */
function refusalOf(lacking: readonly Shortage[]): Failure {
  const retryAfterMs = Math.max(longest(lacking), 1);
  const [only, ...others] = lacking;
  if (only?.rule !== 'recipient-sends' || others.length > 0)
    return new Failure('RECIPIENT_BLOCKED', {
      rule: lacking.map(({ rule }) => rule).join(','),
      retryAfterMs,
    });
  return new Failure('RATE_LIMITED', {
    rule: only.rule,
    retryAfterMs,
    rateLimit: { limit: only.max, remaining: 0, resetMs: retryAfterMs },
  });
}

/** How many sends are left of the burst and of the day, whichever has less. */
function sendsLeft(
  budget: StoredBudget,
  { burst, daily }: BudgetLimits,
  { lane, withoutBurst, now }: Pick<TakeRequest, 'lane' | 'withoutBurst' | 'now'>,
): RateLimit | undefined {
  const sends = budget[lane]?.sends ?? [];
  const left = (withoutBurst ? [daily] : [burst, daily])
    .filter(({ max }) => max.open > 0)
    .map(({ max, countsMs }): RateLimit => {
      const counting = sends.slice(0, max[lane]).filter(({ at }) => at.getTime() > now - countsMs);
      const oldest = counting.at(-1);
      return {
        limit: max[lane],
        remaining: Math.max(0, max[lane] - counting.length),
        resetMs: oldest ? oldest.at.getTime() + countsMs - now : 0,
      };
    });
  return left.reduce<RateLimit | undefined>(tighter, undefined);
}

const tighter = (one: RateLimit | undefined, other: RateLimit | undefined): RateLimit | undefined =>
  one && other ? (other.remaining < one.remaining ? other : one) : (one ?? other);
