import type { ChannelName } from '../domain/channels.js';
import type { Mode } from '../domain/mode.js';
import { partitionOf } from '../domain/principal.js';
import { Failure } from '../errors.js';
import type { Logger } from '../observe/log.js';
import type { Clock } from '../platform/clock.js';
import { groupBy } from '../platform/groupBy.js';
import { evaluateCountry, evaluateLists, evaluatePrefix, evaluateWorkspace } from './evaluateRules.js';
import type { Refusal } from './refusal.js';
import type { NoteRefused } from './refusals.js';
import type { GuardReader, GuardSettings } from './settings.js';
import { groupOf } from './sourceGroups.js';
import type { RefusedRecipient } from './stored.js';
import type { Counted, Kept, RateSubject, Tallied, Tallies } from './tally.js';
import type { AskVeto, VetoDecision } from './veto.js';

/** How long a caller waits before it retries after a backend that did not respond, milliseconds. */
export const ASK_AGAIN_MS = 1_000;

/** A Send or Resend that is about to cost money. */
export interface Sending {
  readonly workspace: string;
  readonly mode: Mode;
  /** Who asks. */
  readonly client: string;
  readonly sessionId: string;
  readonly resend: boolean;
  readonly purpose: string;
  /** JSON text of an object. */
  readonly metadata: string;
  /** Its phones; e-mail is not guarded. */
  readonly phones: readonly RefusedRecipient[];
  /** Keyed digest of where the person is; undefined where that is not known. */
  readonly source?: string | undefined;
  /** The budgets of its phones, by prefix: a person verified before is not refused for what others do. */
  readonly budgets?: ReadonlyMap<string, readonly string[]>;
}

/** A send that the rules let pass so far. */
export interface GuardPass {
  /** Asks the workspace's backend, where it has one: last, because it takes longest. Throws SEND_REFUSED. */
  ask(caller: AbortSignal): Promise<void>;
  /** Takes the counts back: nothing was sent after all. */
  giveBack(): Promise<void>;
}

/** One message of a session, counted by its prefix. */
export interface GuardedMessage {
  readonly workspace: string;
  readonly mode: Mode;
  readonly prefix: string | undefined;
  readonly country?: string | undefined;
  /** When it was sent, milliseconds: its approval or failure leaves the window together with it. */
  readonly sentAt: number;
  readonly source?: string | undefined;
}

/**
 * Stops messages to phones that look like fraud before they cost anything. With
 * no rule on it asks the store nothing; with all of them on, one update a prefix
 * and one for the workspace.
 */
export interface Guard {
  /** Throws SEND_REFUSED, with the rules for those who count refusals. */
  enter(sending: Sending): Promise<GuardPass>;
  /** Whether a rule counts the results of such messages; where none does, neither of the calls below has an effect. */
  watches(message: Pick<GuardedMessage, 'workspace' | 'mode' | 'prefix'>): Promise<boolean>;
  /** Its code was entered. Reported twice, as after a crash, it is counted twice, which errs on the side of the sender. */
  approved(message: GuardedMessage): Promise<void>;
  /** It did not arrive, or was never sent, so its code could not be entered: for the approval rate it was not sent. */
  failed(message: GuardedMessage): Promise<void>;
}

interface Deps {
  readonly settings: GuardReader;
  readonly tallies: Tallies;
  readonly refused: NoteRefused;
  /** What one message costs, micro-units. */
  readonly priceOf: (workspace: string, channel: ChannelName) => Promise<number>;
  /** Whether a recipient was verified in the last 90 days, by the fingerprint of its budget. */
  readonly isKnown: (partition: string, budget: string) => Promise<boolean>;
  readonly ask: AskVeto;
  /** The veto's secret of a workspace, opened. */
  readonly secretOf: (workspace: string, sealed: string) => string;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Excusing {
  readonly of: Tallied;
  readonly sending: Sending;
  readonly subject: RateSubject;
  /** Its messages in this send. */
  readonly phones: readonly Counted[];
  readonly now: number;
}

/** Waits for all, so that none is left running, and throws what the first of them failed with. */
async function settled<T>(running: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(running);
  return Promise.all(running);
}

const OPEN: GuardPass = { ask: async () => {}, giveBack: async () => {} };

export function createGuard(deps: Deps): Guard {
  const { settings, tallies, clock, log } = deps;

  function refuse(sending: Sending, refusals: readonly Refusal[], detail = ''): never {
    const { workspace, mode, client, sessionId, resend, purpose, phones } = sending;
    deps.refused({
      workspace,
      mode,
      client,
      purpose,
      ...(resend && { sessionId }),
      rules: [...new Set(refusals.map(({ rule }) => rule))],
      recipients: phones,
      ...(detail && { detail }),
    });
    const waits = refusals.map(({ retryAfterMs = 0 }) => retryAfterMs);
    // Where one of the rules will not let go by itself, waiting does not help.
    const helps = waits.every((wait) => wait > 0);
    const rule = [...new Set(refusals.map(({ rule: name }) => name))].join(',');
    throw new Failure('SEND_REFUSED', {
      rule,
      ...(detail && { ruleDetail: detail }),
      ...(helps && { retryAfterMs: Math.max(...waits) }),
    });
  }

  async function priced(rules: GuardSettings, { workspace, phones }: Sending): Promise<Counted[]> {
    if (rules.dailyCeiling.spendMicros === 0) return phones.map((phone) => ({ ...phone, price: 0 }));
    return Promise.all(
      phones.map(async (phone) => ({ ...phone, price: await deps.priceOf(workspace, phone.channel) })),
    );
  }

  /**
   * What is left of the refusals of a prefix or country. An approval rate says
   * something of many strangers and little of one message: it refuses no person who
   * was verified before, lets a few others pass so that approvals can lift it, and
   * says nothing where the workspace's own backend decides.
   */
  async function excused(refusals: readonly Refusal[], { of, sending, subject, phones, now }: Excusing) {
    const rate = refusals.find(({ rule }) => rule === 'approval-rate' || rule === 'country-approval-rate');
    if (!rate) return refusals;
    const others = refusals.filter((one) => one !== rate);
    if (of.rules.veto) return others;
    if (others.length > 0) return refusals;
    const prefixes = [...new Set(phones.map(({ prefix }) => prefix))];
    const budgets = prefixes.flatMap((prefix) => sending.budgets?.get(prefix) ?? []);
    const known = await Promise.all(budgets.map((budget) => deps.isKnown(of.partition, budget)));
    if (budgets.length > 0 && known.every(Boolean)) return others;
    if (rate.ofSource) return refusals;
    return (await tallies.trickle(of, subject, phones.length, now)) ? others : refusals;
  }

  /** Counts the messages, all or none, and says what the counts make of them. */
  async function count(rules: GuardSettings, sending: Sending) {
    const of = { partition: partitionOf(sending), rules };
    const now = clock.now();
    const group = groupOf(sending.source);
    const messages = await priced(rules, sending);
    const undo: (() => Promise<unknown>)[] = [];
    const keep = <T>(kept: Kept<T> | undefined) => {
      if (kept) undo.push(kept.giveBack);
      return kept?.tally;
    };

    async function countPrefix(prefix: string, phones: readonly Counted[]) {
      const own = phones.length;
      const tally = keep(
        await tallies.countPrefix(of, { prefix, messages: own, group, label: labelOf(phones[0]!) }, now),
      );
      if (!tally) return undefined;
      const refusals = evaluatePrefix(rules, tally, { more: own, own, now, group });
      const excusing = { of, sending, subject: { prefix }, phones, now };
      return { tally, own, refusals: await excused(refusals, excusing) };
    }

    /** After its prefixes: one update that counts a message and its prefix is what two at once cannot both pass by. */
    async function countCountry(country: string, phones: readonly Counted[]) {
      const counted = await settled(
        [...groupBy(phones, ({ prefix }) => prefix)].map(([prefix, own]) => countPrefix(prefix, own)),
      );
      const prefixes = counted.flatMap((one) => one ?? []);
      const refusals = prefixes.flatMap((one) => one.refusals);
      const own = phones.length;
      const tally = keep(await tallies.countCountry(of, { country, prefixes, messages: own, group }, now));
      if (!tally) return refusals;
      const ofCountry = evaluateCountry(rules, tally, { more: own, own, now, group });
      // What is refused already uses up none of the messages that may pass.
      if (refusals.length > 0) return [...refusals, ...ofCountry];
      return excused(ofCountry, { of, sending, subject: { country }, phones, now });
    }

    async function countWorkspace() {
      const tally = keep(await tallies.countWorkspace(of, messages, now));
      return tally ? evaluateWorkspace(rules, tally, { messages, own: true, now }) : [];
    }

    const giveBack = async () => {
      await Promise.all(undo.map((back) => back()));
    };
    const byCountry = [...groupBy(messages, ({ country }) => country)];
    try {
      const refusals = await settled([
        ...byCountry.map(([country, phones]) => countCountry(country, phones)),
        countWorkspace(),
      ]);
      return { refusals: refusals.flat(), giveBack };
    } catch (error) {
      // The store failed one of them: what it failed with is worth more than what it says to this.
      await giveBack().catch(() => {});
      throw error;
    }
  }

  async function ask({ veto }: GuardSettings, sending: Sending, caller: AbortSignal): Promise<void> {
    if (!veto) return;
    const { workspace, phones } = sending;
    const backend = { ...veto, secret: deps.secretOf(workspace, veto.secret) };
    const verdict: VetoDecision = await deps.ask(backend, { ...sending, recipients: phones }, caller);
    if (verdict.kind === 'allowed') return;
    const { detail } = verdict;
    if (verdict.kind === 'denied') return refuse(sending, [{ rule: 'veto' }], detail);
    log.warn(
      { workspace, error: detail, failOpen: veto.failOpen },
      'the veto backend gave no usable response',
    );
    if (!veto.failOpen) refuse(sending, [{ rule: 'veto-unanswered', retryAfterMs: ASK_AGAIN_MS }], detail);
  }

  /** The rules that count the results of messages; undefined where none does. */
  async function watching({
    workspace,
    mode,
    prefix,
  }: Pick<GuardedMessage, 'workspace' | 'mode' | 'prefix'>) {
    if (mode !== 'live' || prefix === undefined) return undefined;
    const rules = await settings.get(workspace);
    const { approvalRate, countryApprovalRate } = rules;
    return approvalRate.minSends > 0 || countryApprovalRate.minSends > 0 ? { rules, prefix } : undefined;
  }

  async function countOutcome(message: GuardedMessage, outcome: 'countApproval' | 'countFailure') {
    const watched = await watching(message);
    if (!watched) return;
    const { rules, prefix } = watched;
    const { country, source, sentAt } = message;
    await tallies[outcome](
      { partition: partitionOf(message), rules },
      { prefix, country, group: groupOf(source), sentAt },
    );
  }

  return {
    async enter(sending) {
      if (sending.mode !== 'live' || sending.phones.length === 0) return OPEN;
      const rules = await settings.get(sending.workspace);
      const listed = sending.phones.flatMap((phone) => evaluateLists(rules, phone));
      if (listed.length > 0) refuse(sending, listed);
      const { refusals, giveBack } = await count(rules, sending);
      if (refusals.length > 0) {
        await giveBack();
        refuse(sending, refusals);
      }
      return { ask: (caller) => ask(rules, sending, caller), giveBack };
    },

    watches: async (message) => (await watching(message)) !== undefined,

    approved: (message) => countOutcome(message, 'countApproval'),

    failed: (message) => countOutcome(message, 'countFailure'),
  };
}

/** How the prefix of a phone is shown: its last two digits are hidden as well. */
const labelOf = ({ masked, country }: Counted) => ({
  ...(masked && { masked: masked.replace(/\d{2}$/, '**') }),
  country,
});
