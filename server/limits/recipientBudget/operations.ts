import { DAY_MS } from '../../platform/durations.js';
import type { Document, Filter, Update } from '../../store/documents.js';
import {
  type BudgetLimit,
  type BudgetLimits,
  CLASS,
  type CodeClass,
  isOn,
  type Lane,
} from './budgetLimits.js';

/** How long a source stays known after its last success, and a document after its last use. */
export const KNOWN_MS = 90 * DAY_MS;

/** Clearings kept. */
const CLEARINGS = 30;

/** One Send, or one unit. `by`: a keyed hash of the client that asked for the comparison it was bought for. */
export interface BudgetEntry {
  readonly at: Date;
  readonly id: string;
  readonly by?: string;
}

/** Sends and units, newest first. */
export interface StoredLane {
  readonly sends?: readonly BudgetEntry[];
  readonly t6?: readonly BudgetEntry[];
  readonly t5?: readonly BudgetEntry[];
  readonly t4?: readonly BudgetEntry[];
}

/** The budget of one recipient, in `limits`: workspace.mode/recipient/fingerprint. */
export interface StoredBudget extends Document {
  readonly open?: StoredLane;
  readonly known?: StoredLane;
  /** By keyed hash: when the recipient was last verified from there. */
  readonly sources?: Readonly<Record<string, Date>>;
  /** When a code of the recipient was last right, from wherever. */
  readonly verifiedAt?: Date;
  /** Messages and bought comparisons since a code was last right; only where their number is limited. */
  readonly streak?: number;
  readonly cleared?: readonly { readonly at: Date; readonly actor: string }[];
  readonly purgeAt: Date;
}

/** One guarded update of a recipient's document. */
export interface BudgetOperation {
  readonly filter: Filter & { readonly _id: string };
  readonly update: Update;
}

/** What a Send or Resend takes. */
export interface TakeRequest {
  readonly lane: Lane;
  readonly code: CodeClass;
  /** Ids: of the call and, for codes that come with a comparison, of one unit for each message. */
  readonly ids: readonly string[];
  /** Room for so many comparisons must be left, where codes come with none. */
  readonly need: number;
  /** A beneficiary has a burst limit of its own. */
  readonly withoutBurst: boolean;
  readonly now: number;
}

/** Comparisons that a message brings with it. Short codes bring none: each of theirs is bought. */
export const prepaid = (code: CodeClass): 0 | 1 => (code === 'c6' ? 1 : 0);

/** How much a take adds to the failures in a row: until one is right, its messages are. */
export const failuresOf = ({ code, ids }: Pick<TakeRequest, 'code' | 'ids'>): number =>
  prepaid(code) * ids.length;

/** The limits that a take of `m` entries has to have room in, with their lists and how many it adds. */
export function takenFrom(limits: BudgetLimits, request: TakeRequest) {
  const { lane, code, ids, need, withoutBurst } = request;
  const sends = `${lane}.sends`;
  return [
    ...(withoutBurst ? [] : [{ path: sends, limit: limits.burst, m: 1 }]),
    { path: sends, limit: limits.daily, m: 1 },
    { path: `${lane}.${CLASS[code].list}`, limit: limits.units[code], m: prepaid(code) ? ids.length : need },
  ].filter(({ limit }) => isOn(limit));
}

/**
 * Buys a Send: one entry for the call and one unit for each message that brings
 * a comparison, if all limits have room. Pushes to one document are serial, so at
 * most `max` units count at any time, also when many are asked for at once.
 */
export function takeOperation(_id: string, limits: BudgetLimits, request: TakeRequest): BudgetOperation {
  const { lane, code, ids, now } = request;
  const at = new Date(now);
  const entries = ids.map((id) => ({ at, id }));
  const failures = failuresOf(request);
  const groups = [
    ...takenFrom(limits, request).map(({ path, limit, m }) => room(path, limit, { lane, m, now })),
    ...inARow(limits, failures),
  ];
  const kept = Math.max(limits.burst.kept, limits.daily.kept);
  return {
    filter: { _id, ...allOf(groups) },
    update: {
      $push: {
        [`${lane}.sends`]: { $each: entries.slice(0, 1), $position: 0, $slice: kept },
        ...(prepaid(code) && {
          [`${lane}.${CLASS[code].list}`]: { $each: entries, $position: 0, $slice: limits.units[code].kept },
        }),
      },
      $set: { purgeAt: purgeAt(now) },
      ...(limits.streak !== undefined && failures > 0 && { $inc: { streak: failures } }),
    },
  };
}

/** Buys one comparison, before it is made. */
export function chargeOperation(
  _id: string,
  limits: BudgetLimits,
  { lane, code, entry }: { readonly lane: Lane; readonly code: CodeClass; readonly entry: BudgetEntry },
): BudgetOperation {
  const limit = limits.units[code];
  const now = entry.at.getTime();
  const path = `${lane}.${CLASS[code].list}`;
  return {
    filter: {
      _id,
      ...allOf([...(isOn(limit) ? [room(path, limit, { lane, m: 1, now })] : []), ...inARow(limits, 1)]),
    },
    update: {
      $push: { [path]: { $each: [entry], $position: 0, $slice: limit.kept } },
      $set: { purgeAt: purgeAt(now) },
      ...(limits.streak !== undefined && { $inc: { streak: 1 } }),
    },
  };
}

/** What a right code gives back: the unit of its own comparison, or all that its client bought in the session. */
export type GivenBack = { readonly id: string } | { readonly by: string };

/** Gives units back after a right code and notes its source as known. May be repeated. */
export const releaseOperation = (
  _id: string,
  code: CodeClass,
  {
    which,
    source,
    at,
  }: { readonly which: GivenBack; readonly source: string | undefined; readonly at: Date },
): BudgetOperation => ({
  filter: { _id },
  update: {
    $pull: { [`open.${CLASS[code].list}`]: which, [`known.${CLASS[code].list}`]: which },
    $set: { verifiedAt: at, ...(source !== undefined && { [`sources.${source}`]: at }) },
    $unset: { streak: '' },
  },
});

/** Takes a call's own entries back: it was refused before they had any effect. */
export const giveBackOperations = (
  _id: string,
  { lane, code, ids }: Pick<TakeRequest, 'lane' | 'code' | 'ids'>,
): BudgetOperation => ({
  filter: { _id },
  update: {
    $pull: {
      [`${lane}.sends`]: { id: ids[0]! },
      ...(prepaid(code) && { [`${lane}.${CLASS[code].list}`]: { id: { $in: ids } } }),
    },
  },
});

/** What was taken back is no failure. Of a row that a right code has ended meanwhile nothing is subtracted. */
export const giveBackFailures = (_id: string, failures: number): BudgetOperation => ({
  filter: { _id, streak: { $gte: failures } },
  update: { $inc: { streak: -failures } },
});

/** Removes entries that a wrong clock stamped further ahead than any right one can be. */
export const repairOperation = (
  _id: string,
  limits: BudgetLimits,
  { lane, code, now }: Pick<TakeRequest, 'lane' | 'code' | 'now'>,
): BudgetOperation => {
  const ahead = { at: { $gt: new Date(now + limits.units[code].countsMs) } };
  return {
    filter: { _id },
    update: { $pull: { [`${lane}.sends`]: ahead, [`${lane}.${CLASS[code].list}`]: ahead } },
  };
};

/** Empties the lanes and ends the row of failures; known sources stay known. */
export const clearOperation = (_id: string, at: Date, actor: string): BudgetOperation => ({
  filter: { _id },
  update: {
    $unset: { open: '', known: '', streak: '' },
    $push: { cleared: { $each: [{ at, actor }], $position: 0, $slice: CLEARINGS } },
  },
});

export const purgeAt = (now: number): Date => new Date(now + KNOWN_MS);

type Alternatives = readonly Filter[];

/** So many more failures in a row are still possible. */
const inARow = ({ streak }: BudgetLimits, more: number): readonly Alternatives[] =>
  streak === undefined || more === 0
    ? []
    : [[{ streak: { $exists: false } }, { streak: { $lte: streak - more } }]];

/** After `m` more entries at most `max` of the list count: the one that would then be beyond them does not any more. */
function room(
  path: string,
  { max, countsMs }: BudgetLimit,
  { lane, m, now }: { readonly lane: Lane; readonly m: number; readonly now: number },
): Alternatives {
  const last = max[lane] - m;
  // More at once than there ever are.
  if (last < 0) return [{ _id: '' }];
  return [
    { [`${path}.${last}`]: { $exists: false } },
    { [`${path}.${last}.at`]: { $lte: new Date(now - countsMs) } },
  ];
}

/** One $or of every combination: the port has no $and. */
function allOf(groups: readonly Alternatives[]): { readonly $or?: readonly Filter[] } {
  if (groups.length === 0) return {};
  return {
    $or: groups.reduce<Alternatives>(
      (combined, group) => combined.flatMap((one) => group.map((other) => ({ ...one, ...other }))),
      [{}],
    ),
  };
}
