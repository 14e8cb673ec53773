import { DAY_MS } from '../platform/durations.js';
import type { Collection, Documents } from '../store/documents.js';
import { keptMs, partKey, rollingTotal, staleKeys } from './rollingCount.js';
import type { GuardSettings } from './settings.js';
import { trickleOf } from './sourceGroups.js';
import { movedPrefix } from './spread.js';
import type { ApprovalRate, CountryTally, PrefixTally, RateCounts, WorkspaceTally } from './stored.js';
import { addCounts, type Increments, sweep, takeBack } from './tallyDocuments.js';

/** One live message to a phone. */
export interface Counted {
  /** Fingerprint of its prefix. */
  readonly prefix: string;
  /** The number, masked. */
  readonly masked?: string;
  readonly country: string;
  /** Micro-units. */
  readonly price: number;
}

export const dayKey = (now: number): string => `d${Math.floor(now / DAY_MS)}`;
/** Milliseconds until the next day. */
export const untilNextDay = (now: number): number => DAY_MS - (now % DAY_MS);

/** Whose messages are counted, and the rules that say what is. */
export interface Tallied {
  readonly partition: string;
  readonly rules: GuardSettings;
}

/** One message whose result is known. */
interface TalliedMessage {
  readonly prefix: string;
  readonly country: string | undefined;
  readonly group: string | undefined;
  readonly sentAt: number;
}

/** Messages of one call, from one group of sources. */
interface Sent {
  readonly messages: number;
  readonly group?: string | undefined;
}

/** What an approval rate is of. */
export type RateSubject = { readonly prefix: string } | { readonly country: string };

/** Where the guard counts. Only what a rule needs is counted. */
export interface Tallies {
  /** Counts messages to one prefix; undefined where no rule wants to know. */
  countPrefix(
    of: Tallied,
    counted: Sent & { readonly prefix: string; readonly label: PrefixLabel },
    now: number,
  ): Promise<Kept<PrefixTally> | undefined>;
  /** Counts messages to one country, with what their prefixes counted of them; undefined where no rule wants to know. */
  countCountry(
    of: Tallied,
    counted: Sent & {
      readonly country: string;
      readonly prefixes: readonly { readonly tally: PrefixTally; readonly own: number }[];
    },
    now: number,
  ): Promise<Kept<CountryTally> | undefined>;
  /** Counts messages of the workspace; undefined where no rule wants to know. */
  countWorkspace(
    of: Tallied,
    messages: readonly Counted[],
    now: number,
  ): Promise<Kept<WorkspaceTally> | undefined>;
  /** Counts that a message was verified. */
  countApproval(of: Tallied, message: TalliedMessage): Promise<void>;
  /** Counts that one did not arrive: one sent less. */
  countFailure(of: Tallied, message: TalliedMessage): Promise<void>;
  /** Counts messages that shall pass although an approval rate refuses them; false where enough have. */
  trickle(of: Tallied, subject: RateSubject, messages: number, now: number): Promise<boolean>;
  /** The prefixes that were counted, at most MOST_PREFIXES. `turn` reads once. */
  prefixes(partition: string, turn: Turn): AsyncIterable<PrefixTally>;
  /** The counts as they are, changing nothing. */
  read(
    partition: string,
    of: { readonly prefix: string; readonly country: string },
  ): Promise<{
    readonly prefix: PrefixTally | null;
    readonly country: CountryTally | null;
    readonly workspace: WorkspaceTally | null;
  }>;
}

/** How a prefix is shown. */
interface PrefixLabel {
  readonly masked?: string;
  readonly country: string;
}

/** Reads once, when it is the caller's turn. */
export type Turn = <T>(read: () => Promise<T>) => Promise<T>;

/** Prefixes of a workspace that are read. */
const MOST_PREFIXES = 10_000;
/** Documents read in one turn. */
const TURN = 500;

/** The counts with one's own in them, which can be taken back. */
export interface Kept<T> {
  readonly tally: T;
  giveBack(): Promise<unknown>;
}

interface Outcome {
  readonly count: 'sends' | 'approvals';
  readonly by: 1 | -1;
}

export function createTallies(documents: Pick<Documents, 'collection'>): Tallies {
  const prefixes: Collection<PrefixTally> = documents.collection('limits');
  const countries: Collection<CountryTally> = documents.collection('limits');
  const workspaces: Collection<WorkspaceTally> = documents.collection('limits');
  const prefixId = (partition: string, prefix: string) => `${partition}/guard-prefix/${prefix}`;
  const countryId = (partition: string, country: string) => `${partition}/guard-country/${country}`;
  const workspaceId = (partition: string) => `${partition}/guard-workspace`;

  /** Where nothing is, nothing was sent within the window either. */
  async function countOutcome({ partition, rules }: Tallied, message: TalliedMessage, outcome: Outcome) {
    const { prefix, country, group, sentAt } = message;
    const { approvalRate, countryApprovalRate } = rules;
    const $inc = (rate: ApprovalRate) => outcomeCounts(rate, { group, sentAt, ...outcome });
    await Promise.all([
      approvalRate.minSends > 0 &&
        prefixes.findOneAndUpdate({ _id: prefixId(partition, prefix) }, { $inc: $inc(approvalRate) }),
      countryApprovalRate.minSends > 0 &&
        country !== undefined &&
        countries.findOneAndUpdate(
          { _id: countryId(partition, country) },
          { $inc: $inc(countryApprovalRate) },
        ),
    ]);
  }

  return {
    async countPrefix({ partition, rules }, { prefix, messages, group, label }, now) {
      const { prefixVelocity: velocity, approvalRate: rate, countryApprovalRate: spread } = rules;
      const increments: Increments = {
        ...(velocity.max > 0 && { [`velocity.${partKey(velocity.windowSeconds, now)}`]: messages }),
        ...(rate.minSends > 0 && rateCounts(rate, { messages, group }, now)),
        ...(spread.minSends > 0 && { [`spread.${partKey(spread.windowSeconds, now)}`]: messages }),
      };
      if (Object.keys(increments).length === 0) return undefined;
      const _id = prefixId(partition, prefix);
      const kept = Math.max(
        velocity.max > 0 ? keptMs(velocity.windowSeconds) : 0,
        rate.minSends > 0 ? keptMs(rate.windowSeconds) : 0,
        spread.minSends > 0 ? keptMs(spread.windowSeconds) : 0,
      );
      const tally = await addCounts(prefixes, _id, increments, {
        purgeAt: new Date(now + kept),
        ...label,
      });
      await sweep(prefixes, _id, [
        ...staleKeys(tally.velocity, velocity.windowSeconds, now).map((key) => `velocity.${key}`),
        ...staleKeys(tally.spread, spread.windowSeconds, now).map((key) => `spread.${key}`),
        ...staleRateKeys(tally, rate, now),
      ]);
      return { tally, giveBack: () => takeBack(prefixes, _id, increments) };
    },

    async countCountry({ partition, rules }, { country, prefixes: ofPrefixes, messages, group }, now) {
      const rate = rules.countryApprovalRate;
      if (rate.minSends === 0) return undefined;
      const { windowSeconds } = rate;
      const increments: Record<string, number> = { ...rateCounts(rate, { messages, group }, now) };
      for (const { tally, own } of ofPrefixes) {
        const moved = movedPrefix(tally.spread ?? {}, { windowSeconds, own, now });
        for (const [key, by] of Object.entries(moved))
          increments[`prefixes.${key}`] = (increments[`prefixes.${key}`] ?? 0) + by;
      }
      const _id = countryId(partition, country);
      const tally = await addCounts(countries, _id, increments, {
        purgeAt: new Date(now + keptMs(windowSeconds)),
      });
      await sweep(countries, _id, [
        ...staleKeys(tally.prefixes, windowSeconds, now).map((key) => `prefixes.${key}`),
        ...staleRateKeys(tally, rate, now),
      ]);
      return { tally, giveBack: () => takeBack(countries, _id, increments) };
    },

    async countWorkspace({ partition, rules }, messages, now) {
      const { countryVelocity: velocity, dailyCeiling: ceiling } = rules;
      const increments: Record<string, number> = {};
      const count = (path: string, by: number) => {
        increments[path] = (increments[path] ?? 0) + by;
      };
      for (const { country, price } of messages) {
        if (velocity.max > 0) count(`countries.${country}.${partKey(velocity.windowSeconds, now)}`, 1);
        if (ceiling.messages > 0) count(`days.${dayKey(now)}.messages`, 1);
        if (ceiling.spendMicros > 0) count(`days.${dayKey(now)}.spendMicros`, price);
      }
      if (Object.keys(increments).length === 0) return undefined;
      const _id = workspaceId(partition);
      const kept = Math.max(DAY_MS, velocity.max > 0 ? keptMs(velocity.windowSeconds) : 0);
      const tally = await addCounts(workspaces, _id, increments, { purgeAt: new Date(now + kept) });
      await sweep(workspaces, _id, [
        ...Object.entries(tally.countries ?? {}).flatMap(([country, counted]) =>
          staleKeys(counted, velocity.windowSeconds, now).map((key) => `countries.${country}.${key}`),
        ),
        ...Object.keys(tally.days ?? {}).flatMap((key) => (key === dayKey(now) ? [] : [`days.${key}`])),
      ]);
      return { tally, giveBack: () => takeBack(workspaces, _id, increments) };
    },

    countApproval: (of, message) => countOutcome(of, message, { count: 'approvals', by: 1 }),

    countFailure: (of, message) => countOutcome(of, message, { count: 'sends', by: -1 }),

    async trickle({ partition, rules }, subject, messages, now) {
      const [rate, tallies, _id] =
        'prefix' in subject
          ? ([rules.approvalRate, prefixes, prefixId(partition, subject.prefix)] as const)
          : ([rules.countryApprovalRate, countries, countryId(partition, subject.country)] as const);
      const { windowSeconds } = rate;
      const most = trickleOf(rate);
      if (most < messages) return false;
      const increments = { [`trickle.${partKey(windowSeconds, now)}`]: messages };
      const purgeAt = new Date(now + keptMs(windowSeconds));
      const tally = await addCounts<PrefixTally | CountryTally>(tallies, _id, increments, { purgeAt });
      if (rollingTotal(tally.trickle, windowSeconds, now) <= most) return true;
      await takeBack<PrefixTally | CountryTally>(tallies, _id, increments);
      return false;
    },

    async *prefixes(partition, turn) {
      let after = prefixId(partition, '');
      for (let read = 0; read < MOST_PREFIXES; read += TURN) {
        const range = { $gt: after, $lt: `${partition}/guard-prefix0` };
        const page = () => prefixes.find({ _id: range }, { sort: { _id: 1 }, limit: TURN }).toArray();
        const found = await turn(page);
        yield* found;
        if (found.length < TURN) return;
        after = found.at(-1)!._id;
      }
    },

    async read(partition, { prefix, country }) {
      const [ofPrefix, ofCountry, ofWorkspace] = await Promise.all([
        prefixes.findOne({ _id: prefixId(partition, prefix) }),
        countries.findOne({ _id: countryId(partition, country) }),
        workspaces.findOne({ _id: workspaceId(partition) }),
      ]);
      return { prefix: ofPrefix, country: ofCountry, workspace: ofWorkspace };
    },
  };
}

/** What messages add to the counts of an approval rate. */
function rateCounts({ windowSeconds }: ApprovalRate, { messages, group }: Sent, now: number): Increments {
  const part = partKey(windowSeconds, now);
  return { [`sends.${part}`]: messages, ...(group && { [`groupSends.${group}.${part}`]: messages }) };
}

/** What the outcome of one message adds to them, in the part in which it was sent. */
function outcomeCounts(
  { windowSeconds }: ApprovalRate,
  { group, sentAt, count, by }: Outcome & { readonly group: string | undefined; readonly sentAt: number },
): Increments {
  const part = partKey(windowSeconds, sentAt);
  const ofGroup = count === 'sends' ? 'groupSends' : 'groupApprovals';
  return { [`${count}.${part}`]: by, ...(group && { [`${ofGroup}.${group}.${part}`]: by }) };
}

/** Paths of the counts of an approval rate that count no longer. */
const staleRateKeys = (tally: RateCounts, { windowSeconds }: ApprovalRate, now: number): string[] => [
  ...(['sends', 'approvals', 'trickle'] as const).flatMap((list) =>
    staleKeys(tally[list], windowSeconds, now).map((key) => `${list}.${key}`),
  ),
  ...(['groupSends', 'groupApprovals'] as const).flatMap((list) =>
    Object.entries(tally[list] ?? {}).flatMap(([name, counts]) =>
      staleKeys(counts, windowSeconds, now).map((key) => `${list}.${name}.${key}`),
    ),
  ),
];
