import type { ChannelName } from '../../domain/channels.js';
import type { RateLimit } from '../../domain/rateLimit.js';
import { Failure } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import { SESSION_LIMITS } from '../../session/limits.js';
import type { Collection } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import type { RuleName } from '../rules.js';
import { type BudgetLimits, CLASS, codeClass, type Lane, withoutSends } from './budgetLimits.js';
import {
  type BudgetOperation,
  failuresOf,
  giveBackFailures,
  giveBackOperations,
  prepaid,
  purgeAt,
  repairOperation,
  type StoredBudget,
  type TakeRequest,
  takeOperation,
} from './operations.js';
import { disabled, refusalOf, soonest } from './refusals.js';
import { sendsLeft, tighter } from './sendsLeft.js';
import { hasEntriesAhead, isDisabled, isKnownSource, type Shortage, shortages } from './standing.js';

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

interface Deps {
  readonly budgets: Collection<StoredBudget>;
  readonly idOf: (partition: string, recipient: string) => string;
  readonly newUnit: () => string;
  readonly rounds: number;
  /** Called with every rule that refused a call. */
  readonly refused: (rule: RuleName) => void;
  readonly clock: Clock;
}

/** Buys the messages of a Send or Resend; see RecipientBudget.take. */
export function createTake(deps: Deps): (purchase: Purchase) => Promise<Bought> {
  const { budgets, idOf, newUnit, rounds, refused, clock } = deps;
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
    for (let round = 0; round < rounds; round++) {
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

  return async (purchase) => {
    const { codeLength, mayLengthen } = purchase;
    try {
      return await takeAll(purchase, codeLength);
    } catch (thrown) {
      const isFull = thrown instanceof Failure && thrown.reason === 'RECIPIENT_BLOCKED';
      if (!mayLengthen || !isFull || codeLength >= SESSION_LIMITS.shortCodeBelow) throw thrown;
      return takeAll({ ...purchase, mayLengthen: false }, SESSION_LIMITS.shortCodeBelow);
    }
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
