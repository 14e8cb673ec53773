import { DAY_MS } from '../platform/durations.js';
import type { Collection, Document, Documents } from '../store/documents.js';
import { insertOnce } from '../store/insertOnce.js';
import { keptMs, partKey, rollingTotal, staleKeys } from './rollingCount.js';
import type { GuardSettings } from './settings.js';
import { trickleOf } from './sourceGroups.js';
import type { PrefixTally, WorkspaceTally } from './stored.js';

/** Keys that no longer count are removed once there are so many: seldom, and before they weigh. */
const SWEEP_AT = 24;

/** One live message to a phone. */
export interface Counted {
  /** Fingerprint of its prefix. */
  readonly prefix: string;
  readonly country: string;
  /** Micro-units. */
  readonly price: number;
}

export const dayKey = (now: number): string => `d${Math.floor(now / DAY_MS)}`;
/** Milliseconds until the next day. */
export const untilNextDay = (now: number): number => DAY_MS - (now % DAY_MS);

type Increments = Readonly<Record<string, number>>;

/** Whose messages are counted, and the rules that say what is. */
export interface Tallied {
  readonly partition: string;
  readonly rules: GuardSettings;
}

/** One message whose result is known. */
interface TalliedMessage {
  readonly prefix: string;
  readonly group: string | undefined;
  readonly sentAt: number;
}

/** Where the guard counts. Only what a rule needs is counted. */
export interface Tallies {
  /** Counts messages to one prefix; undefined where no rule wants to know. */
  countPrefix(
    of: Tallied,
    counted: { readonly prefix: string; readonly messages: number; readonly group?: string | undefined },
    now: number,
  ): Promise<Kept<PrefixTally> | undefined>;
  /** Counts messages of the workspace; undefined where no rule wants to know. */
  countWorkspace(
    of: Tallied,
    messages: readonly Counted[],
    now: number,
  ): Promise<Kept<WorkspaceTally> | undefined>;
  /** Counts that a message to the prefix was verified. */
  countApproval(of: Tallied, message: TalliedMessage): Promise<void>;
  /** Counts that one did not arrive: one sent less. */
  countFailure(of: Tallied, message: TalliedMessage): Promise<void>;
  /** Counts messages that shall pass although the approval rate refuses their prefix; false where enough have. */
  trickle(of: Tallied, prefix: string, messages: number, now: number): Promise<boolean>;
  /** The counts as they are, changing nothing. */
  read(
    partition: string,
    prefix: string,
  ): Promise<{ readonly prefix: PrefixTally | null; readonly workspace: WorkspaceTally | null }>;
}

/** The counts with one's own in them, which can be taken back. */
export interface Kept<T> {
  readonly tally: T;
  giveBack(): Promise<unknown>;
}

interface Outcome {
  readonly count: 'sends' | 'approvals';
  readonly by: 1 | -1;
}

export function createTallies(documents: Documents): Tallies {
  const prefixes: Collection<PrefixTally> = documents.collection('limits');
  const workspaces: Collection<WorkspaceTally> = documents.collection('limits');
  const prefixId = (partition: string, prefix: string) => `${partition}/guard-prefix/${prefix}`;
  const workspaceId = (partition: string) => `${partition}/guard-workspace`;

  /** Where nothing is, nothing was sent within the window either. */
  async function countOutcome({ partition, rules }: Tallied, message: TalliedMessage, outcome: Outcome) {
    const { prefix, group, sentAt } = message;
    const { count, by } = outcome;
    const part = partKey(rules.approvalRate.windowSeconds, sentAt);
    const ofGroup = count === 'sends' ? 'groupSends' : 'groupApprovals';
    const $inc = { [`${count}.${part}`]: by, ...(group && { [`${ofGroup}.${group}.${part}`]: by }) };
    await prefixes.findOneAndUpdate({ _id: prefixId(partition, prefix) }, { $inc });
  }

  return {
    async countPrefix({ partition, rules }, { prefix, messages, group }, now) {
      const { prefixVelocity: velocity, approvalRate: rate } = rules;
      const increments: Increments = {
        ...(velocity.max > 0 && { [`velocity.${partKey(velocity.windowSeconds, now)}`]: messages }),
        ...(rate.minSends > 0 && { [`sends.${partKey(rate.windowSeconds, now)}`]: messages }),
        ...(rate.minSends > 0 &&
          group && { [`groupSends.${group}.${partKey(rate.windowSeconds, now)}`]: messages }),
      };
      if (Object.keys(increments).length === 0) return undefined;
      const _id = prefixId(partition, prefix);
      const kept = Math.max(
        velocity.max > 0 ? keptMs(velocity.windowSeconds) : 0,
        rate.minSends > 0 ? keptMs(rate.windowSeconds) : 0,
      );
      const tally = await add(prefixes, _id, increments, new Date(now + kept));
      await sweep(prefixes, _id, [
        ...staleKeys(tally.velocity, velocity.windowSeconds, now).map((key) => `velocity.${key}`),
        ...staleKeys(tally.sends, rate.windowSeconds, now).map((key) => `sends.${key}`),
        ...staleKeys(tally.approvals, rate.windowSeconds, now).map((key) => `approvals.${key}`),
        ...staleKeys(tally.trickle, rate.windowSeconds, now).map((key) => `trickle.${key}`),
        ...(['groupSends', 'groupApprovals'] as const).flatMap((list) =>
          Object.entries(tally[list] ?? {}).flatMap(([name, counts]) =>
            staleKeys(counts, rate.windowSeconds, now).map((key) => `${list}.${name}.${key}`),
          ),
        ),
      ]);
      return { tally, giveBack: () => takeBack(prefixes, _id, increments) };
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
      const tally = await add(workspaces, _id, increments, new Date(now + kept));
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

    async trickle({ partition, rules }, prefix, messages, now) {
      const { windowSeconds } = rules.approvalRate;
      const most = trickleOf(rules.approvalRate);
      if (most < messages) return false;
      const _id = prefixId(partition, prefix);
      const increments = { [`trickle.${partKey(windowSeconds, now)}`]: messages };
      const tally = await add(prefixes, _id, increments, new Date(now + keptMs(windowSeconds)));
      if (rollingTotal(tally.trickle, windowSeconds, now) <= most) return true;
      await takeBack(prefixes, _id, increments);
      return false;
    },

    async read(partition, prefix) {
      const [ofPrefix, ofWorkspace] = await Promise.all([
        prefixes.findOne({ _id: prefixId(partition, prefix) }),
        workspaces.findOne({ _id: workspaceId(partition) }),
      ]);
      return { prefix: ofPrefix, workspace: ofWorkspace };
    },
  };
}

/** Counts, and returns the document with these counts in it: whichever process counts later finds them there. */
async function add<T extends Document & { readonly purgeAt: Date }>(
  tallies: Collection<T>,
  _id: string,
  increments: Increments,
  purgeAt: Date,
): Promise<T> {
  const update = { $inc: increments, $set: { purgeAt } };
  for (;;) {
    const counted = await tallies.findOneAndUpdate({ _id }, update);
    if (counted) return counted;
    const first = { _id, ...nested(increments), purgeAt } as unknown as T;
    if (await insertOnce(tallies, first)) return first;
  }
}

const takeBack = <T extends Document>(tallies: Collection<T>, _id: string, increments: Increments) =>
  tallies.findOneAndUpdate(
    { _id },
    { $inc: Object.fromEntries(Object.entries(increments).map(([path, by]) => [path, -by])) },
  );

async function sweep<T extends Document>(tallies: Collection<T>, _id: string, paths: readonly string[]) {
  if (paths.length < SWEEP_AT) return;
  await tallies.findOneAndUpdate({ _id }, { $unset: Object.fromEntries(paths.map((path) => [path, ''])) });
}

/** The document that incrementing these paths of an empty one makes. */
function nested(increments: Increments): Record<string, unknown> {
  const document: Record<string, unknown> = {};
  for (const [path, by] of Object.entries(increments)) {
    const parts = path.split('.');
    const last = parts.pop() as string;
    let container = document;
    for (const part of parts) {
      container[part] ??= {};
      container = container[part] as Record<string, unknown>;
    }
    container[last] = by;
  }
  return document;
}
