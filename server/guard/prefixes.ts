import type { ReadRefusals } from '../admin/refusals/read.js';
import { invalid } from '../errors.js';
import type { Slot } from '../fairness/fairPool.js';
import { evaluatePrefixRate } from './approvalRate.js';
import { rollingTotal } from './rollingCount.js';
import type { GuardSettings } from './settings.js';
import { GROUPS, groupsOfPrefix, SUSPICIOUS_GROUPS, suspiciousGroups } from './sourceGroups.js';
import type { ApprovalRate, PrefixTally } from './stored.js';
import type { Tallies } from './tally.js';
import { isRefusedByGuard } from './toProto.js';

/** How close a prefix is to a refusal, the closest last. */
export const PREFIX_STATES = ['OPEN', 'WATCHED', 'REFUSED'] as const;
export type PrefixState = (typeof PREFIX_STATES)[number];

/** A prefix as its counts show it. */
export interface PrefixView {
  readonly prefix: string;
  readonly masked: string;
  readonly country: string;
  readonly sends: number;
  readonly approvals: number;
  readonly sources: number;
  readonly state: PrefixState;
}

/** What the counts of a prefix say; undefined where nothing was sent to it within the window. */
export function viewPrefix(tally: PrefixTally, rate: ApprovalRate, now: number): PrefixView | undefined {
  const sends = rollingTotal(tally.sends, rate.windowSeconds, now);
  if (sends === 0) return undefined;
  const approvals = rollingTotal(tally.approvals, rate.windowSeconds, now);
  const isRefused = evaluatePrefixRate(rate, tally, { more: 1, own: 0, now }).length > 0;
  const isWatched = 2 * sends >= rate.minSends && approvals * 100 < rate.minPercent * sends;
  return {
    prefix: tally._id.slice(tally._id.lastIndexOf('/') + 1),
    masked: tally.masked ?? '',
    country: tally.country ?? '',
    sends,
    approvals,
    sources: Math.min(GROUPS, suspiciousGroups(groupsOfPrefix(rate), tally, now)),
    state: isRefused ? 'REFUSED' : isWatched ? 'WATCHED' : 'OPEN',
  };
}

/** What sorts prefixes: the state, then how much of what the rule needs is there, then the messages. */
type Rank = readonly [state: number, share: number, sends: number, prefix: string];

const rankOf = ({ state, sends, sources, prefix }: PrefixView, { minSends }: ApprovalRate): Rank => {
  const share = Math.min(1, sends / minSends) * Math.min(1, sources / Math.min(SUSPICIOUS_GROUPS, minSends));
  return [PREFIX_STATES.indexOf(state), share, sends, prefix];
};

/** The closest to a refusal first. */
function byRank(a: Rank, b: Rank): number {
  const at = a.findIndex((part, index) => part !== b[index]);
  return at < 0 ? 0 : a[at]! > b[at]! ? -1 : 1;
}

/** Which prefixes are listed. */
interface Wanted {
  readonly country: string;
  readonly state: PrefixState | undefined;
  readonly pageSize: number;
  readonly pageToken: string;
}

/** Whose prefixes are listed, and when. */
interface Listed {
  readonly workspace: string;
  readonly rules: GuardSettings;
  /** Turns of those who list. */
  readonly slot: Slot;
  readonly now: number;
}

interface Deps {
  readonly tallies: Pick<Tallies, 'prefixes'>;
  readonly readRefusals: ReadRefusals;
}

/** Reads a page of the prefixes of a workspace. */
export function createPrefixList({ tallies, readRefusals }: Deps) {
  return async ({ workspace, rules, slot, now }: Listed, wanted: Wanted) => {
    const rate = rules.approvalRate;
    const after = readToken(wanted.pageToken);
    if (rate.minSends === 0) return { prefixes: [], nextPageToken: '' };
    const found: { readonly view: PrefixView; readonly rank: Rank }[] = [];
    for await (const tally of tallies.prefixes(`${workspace}.live`, (read) => slot.run(read))) {
      const view = viewPrefix(tally, rate, now);
      if (!view || (wanted.country && view.country !== wanted.country)) continue;
      if (wanted.state && view.state !== wanted.state) continue;
      found.push({ view, rank: rankOf(view, rate) });
    }
    found.sort((a, b) => byRank(a.rank, b.rank));
    const left = found.filter(({ rank }) => !after || byRank(rank, after) > 0);
    const page = left.slice(0, wanted.pageSize || 50);
    const refused = await countRefused(workspace, now - rate.windowSeconds * 1000);
    return {
      prefixes: page.map(({ view }) => ({ ...view, refused: refused.get(view.prefix) ?? 0 })),
      nextPageToken: left.length > page.length ? tokenOf(page.at(-1)!.rank) : '',
    };
  };

  async function countRefused(workspace: string, since: number): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    const documents = await readRefusals({ workspace, mode: 'live', since });
    for (const { rows } of documents) {
      for (const row of Object.values(rows)) {
        const { prefix, count } = row;
        if (prefix && isRefusedByGuard(row)) counts.set(prefix, (counts.get(prefix) ?? 0) + count);
      }
    }
    return counts;
  }
}

const tokenOf = (rank: Rank): string => Buffer.from(JSON.stringify(rank)).toString('base64url');

function readToken(token: string): Rank | undefined {
  if (!token) return undefined;
  try {
    const rank: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (isRank(rank)) return rank;
  } catch {
    // No JSON: no token of this service.
  }
  throw invalid('page_token', 'must be a token of this service');
}

const isRank = (value: unknown): value is Rank =>
  Array.isArray(value) &&
  value.length === 4 &&
  value.slice(0, 3).every((part) => typeof part === 'number') &&
  typeof value[3] === 'string';
