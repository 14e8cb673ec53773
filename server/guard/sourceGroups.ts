import { type RollingCount, rollingTotal } from './rollingCount.js';
import type { ApprovalRate, PrefixTally } from './stored.js';

/** Sources are counted by groups, so that a tally stays small however many there are. */
const GROUPS = 16;

/** Messages from one group without an approval after which it is refused itself. */
export const OWN_SENDS = 10;

/** Groups without an approval that it takes to refuse a whole prefix: one stranger with three addresses is not enough. */
export const SUSPICIOUS_GROUPS = 4;

/**
 * Messages that pass in a window although the prefix is refused, so that approvals
 * of real people can lift it: a fifth of those it takes to refuse it, at most 10.
 */
export const trickleOf = ({ minSends }: ApprovalRate): number => Math.min(10, Math.floor(minSends / 5));

/** The group of a source; undefined without one: such a message is a group of its own. */
export const groupOf = (source: string | undefined): string | undefined =>
  source === undefined ? undefined : `g${Buffer.from(source, 'base64url')[0]! % GROUPS}`;

const total = (counts: RollingCount | undefined, { windowSeconds }: ApprovalRate, at: number) =>
  rollingTotal(counts, windowSeconds, at);

/** Groups that were sent to this prefix and had nothing approved, those that name no source included. */
export function groupsWithoutApproval(rate: ApprovalRate, tally: Partial<PrefixTally>, at: number): number {
  const { groupSends = {}, groupApprovals = {} } = tally;
  const named = Object.keys(groupSends);
  const unapproved = named.filter(
    (group) => total(groupSends[group], rate, at) > 0 && total(groupApprovals[group], rate, at) === 0,
  );
  const sum = (counts: Readonly<Record<string, RollingCount>>) =>
    Object.values(counts).reduce((all, count) => all + total(count, rate, at), 0);
  const unnamed = total(tally.sends, rate, at) - sum(groupSends);
  const approved = total(tally.approvals, rate, at) - sum(groupApprovals);
  return unapproved.length + Math.max(0, unnamed - Math.max(0, approved));
}

/** Whether a group is refused itself, whatever the prefix: it has sent enough, and nobody has entered a code. */
export const isRefusedItself = (
  rate: ApprovalRate,
  { groupSends, groupApprovals }: Partial<PrefixTally>,
  { group, own, at }: { readonly group: string; readonly own: number; readonly at: number },
): boolean =>
  total(groupSends?.[group], rate, at) - own >= OWN_SENDS && total(groupApprovals?.[group], rate, at) === 0;
