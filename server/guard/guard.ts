import type { ChannelName } from '../domain/channels.js';
import type { Mode } from '../domain/mode.js';
import { partitionOf } from '../domain/principal.js';
import { Failure } from '../errors.js';
import type { Logger } from '../observe/log.js';
import type { Clock } from '../platform/clock.js';
import type { Refusal } from './evaluateRules.js';
import { evaluateLists, evaluatePrefix, evaluateWorkspace } from './evaluateRules.js';
import type { NoteRefused } from './refusals.js';
import type { GuardReader, GuardSettings } from './settings.js';
import { groupOf } from './sourceGroups.js';
import type { RefusedRecipient } from './stored.js';
import type { Counted, Tallied, Tallies } from './tally.js';
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
  readonly prefix: string;
  readonly messages: number;
  readonly now: number;
}

const OPEN: GuardPass = { ask: async () => {}, giveBack: async () => {} };

export function createGuard(deps: Deps): Guard {
  const { settings, tallies, clock, log } = deps;

  function refuse(sending: Sending, refusals: readonly Refusal[], detail = ''): never {
    const { workspace, mode, client, sessionId, resend, phones } = sending;
    deps.refused({
      workspace,
      mode,
      client,
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
   * What is left of the refusals of a prefix. Its approval rate says something of
   * many strangers and little of one message: it refuses nobody who was verified
   * before, lets a few others pass so that approvals can lift it, and says nothing
   * where the workspace's own backend decides.
   */
  async function excused(refusals: readonly Refusal[], { of, sending, prefix, messages, now }: Excusing) {
    const rate = refusals.find(({ rule }) => rule === 'approval-rate');
    if (!rate) return refusals;
    const others = refusals.filter((one) => one !== rate);
    if (of.rules.veto) return others;
    if (others.length > 0) return refusals;
    const budgets = sending.budgets?.get(prefix) ?? [];
    const known = await Promise.all(budgets.map((budget) => deps.isKnown(of.partition, budget)));
    if (budgets.length > 0 && known.every(Boolean)) return others;
    if (rate.ofSource) return refusals;
    return (await tallies.trickle(of, prefix, messages, now)) ? others : refusals;
  }

  /** Counts the messages, all or none, and says what the counts make of them. */
  async function count(rules: GuardSettings, sending: Sending) {
    const of = { partition: partitionOf(sending), rules };
    const now = clock.now();
    const messages = await priced(rules, sending);
    const counting = [
      ...[...new Set(messages.map(({ prefix }) => prefix))].map(async (prefix) => {
        const own = messages.filter((message) => message.prefix === prefix).length;
        const group = groupOf(sending.source);
        const kept = await tallies.countPrefix(of, { prefix, messages: own, group }, now);
        if (!kept) return undefined;
        const refusals = evaluatePrefix(rules, kept.tally, { more: own, own, now, group });
        return { kept, refusals: await excused(refusals, { of, sending, prefix, messages: own, now }) };
      }),
      tallies
        .countWorkspace(of, messages, now)
        .then(
          (kept) =>
            kept && { kept, refusals: evaluateWorkspace(rules, kept.tally, { messages, own: true, now }) },
        ),
    ];
    const ended = await Promise.allSettled(counting);
    const counted = ended.flatMap((end) => (end.status === 'fulfilled' && end.value) || []);
    const giveBack = async () => {
      await Promise.all(counted.map(({ kept }) => kept.giveBack()));
    };
    const failed = ended.find(({ status }) => status === 'rejected');
    if (failed) {
      // The store failed one of them: what it failed with is worth more than what it says to this.
      await giveBack().catch(() => {});
      throw (failed as PromiseRejectedResult).reason;
    }
    return { refusals: counted.flatMap(({ refusals }) => refusals), giveBack };
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
  async function watching({ workspace, mode, prefix }: GuardedMessage) {
    if (mode !== 'live' || prefix === undefined) return undefined;
    const rules = await settings.get(workspace);
    return rules.approvalRate.minSends > 0 ? { rules, prefix } : undefined;
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

    async approved(message) {
      const watched = await watching(message);
      if (!watched) return;
      await tallies.countApproval(
        { partition: partitionOf(message), rules: watched.rules },
        { prefix: watched.prefix, group: groupOf(message.source), sentAt: message.sentAt },
      );
    },

    async failed(message) {
      const watched = await watching(message);
      if (!watched) return;
      await tallies.countFailure(
        { partition: partitionOf(message), rules: watched.rules },
        { prefix: watched.prefix, group: groupOf(message.source), sentAt: message.sentAt },
      );
    },
  };
}
