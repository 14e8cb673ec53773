import { type RollingCount, rollingTotal } from './rollingCount.js';
import type { ApprovalRate, RateCounts } from './stored.js';

/** Sources are counted by groups, so that a tally stays small however many there are. */
export const GROUPS = 16;

/** Messages to one prefix from one group without an approval after which it is refused itself. */
export const OWN_SENDS = 10;

/** Suspicious groups that it takes to refuse all others: one stranger with three addresses is not enough. */
export const SUSPICIOUS_GROUPS = 4;

/**
 * Messages that pass in a window although the others are refused, so that approvals
 * of real people can lift it: a fifth of those it takes to refuse, at most 10.
 */
export const trickleOf = ({ minSends }: ApprovalRate): number => Math.min(10, Math.floor(minSends / 5));

/** The group of a source; undefined without one: such a message is a group of its own. */
export const groupOf = (source: string | undefined): string | undefined =>
  source === undefined ? undefined : `g${Buffer.from(source, 'base64url')[0]! % GROUPS}`;

/** How a rate judges groups of sources. */
export interface GroupRule {
  readonly rate: ApprovalRate;
  /** Messages of one group after which it is refused itself, if it is suspicious. */
  readonly ownSends: number;
  /** The least share of its messages verified for a group not to be suspicious, per cent; undefined: one message is enough. */
  readonly ownPercent?: number;
}

/** In a prefix, one approval speaks for a group: ten thousand numbers have few real people of one group. */
export const groupsOfPrefix = (rate: ApprovalRate): GroupRule => ({ rate, ownSends: OWN_SENDS });

/**
 * In a country every group has real people, so a share speaks for it. Three groups
 * are refused themselves before they alone reach what refuses a country.
 */
export const groupsOfCountry = (rate: ApprovalRate): GroupRule => ({
  rate,
  ownSends: Math.ceil(rate.minSends / SUSPICIOUS_GROUPS),
  ownPercent: rate.minPercent,
});

const total = (counts: RollingCount | undefined, { windowSeconds }: ApprovalRate, at: number) =>
  rollingTotal(counts, windowSeconds, at);

/** One group at one time; `own`: messages in the counts that are not sent yet. */
interface Group {
  readonly group: string;
  readonly own: number;
  readonly at: number;
}

const sendsOf = (rate: ApprovalRate, tally: RateCounts, { group, own, at }: Group) =>
  total(tally.groupSends?.[group], rate, at) - own;

function isSuspicious({ rate, ownPercent }: GroupRule, tally: RateCounts, group: Group): boolean {
  const sends = sendsOf(rate, tally, group);
  const approvals = total(tally.groupApprovals?.[group.group], rate, group.at);
  return sends > 0 && (ownPercent === undefined ? approvals === 0 : approvals * 100 < ownPercent * sends);
}

/** Suspicious groups among those that were sent to, each message that names no source and was not verified included. */
export function suspiciousGroups(rule: GroupRule, tally: RateCounts, at: number): number {
  const { groupSends = {}, groupApprovals = {} } = tally;
  const suspicious = Object.keys(groupSends).filter((group) =>
    isSuspicious(rule, tally, { group, own: 0, at }),
  );
  const sum = (counts: Readonly<Record<string, RollingCount>>) =>
    Object.values(counts).reduce((all, count) => all + total(count, rule.rate, at), 0);
  const unnamed = total(tally.sends, rule.rate, at) - sum(groupSends);
  const approved = total(tally.approvals, rule.rate, at) - sum(groupApprovals);
  return suspicious.length + Math.max(0, unnamed - Math.max(0, approved));
}

/** Whether a group is refused itself, independently of the others: it has sent enough messages, and too few of its codes were entered. */
export const isRefusedItself = (rule: GroupRule, tally: RateCounts, group: Group): boolean =>
  sendsOf(rule.rate, tally, group) >= rule.ownSends && isSuspicious(rule, tally, group);
