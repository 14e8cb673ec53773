import type { RecipientRules, RuleSubject } from '../../admin/rules/rules.js';
import type { Workspace } from '../../admin/workspaces/stored.js';
import { type Call, noteLimit } from '../../call/call.js';
import type { ChannelName } from '../../domain/channels.js';
import type { Guard, Sending } from '../../guard/guard.js';
import type { Count, Limiter } from '../../limits/limiter.js';
import { budgetLimits } from '../../limits/recipientBudget/budgetLimits.js';
import type { RecipientBudget } from '../../limits/recipientBudget/recipientBudget.js';
import type { Bought, Purchase } from '../../limits/recipientBudget/take.js';
import type { Clock } from '../../platform/clock.js';
import { longestLifetimeMs, maxFailuresInARow } from '../../session/assurance.js';

export interface AdmitDeps {
  readonly rules: Pick<RecipientRules, 'check'>;
  readonly guard: Guard;
  readonly limiter: Limiter;
  readonly budget: RecipientBudget;
  readonly clock: Clock;
}

/** A Send or Resend to be admitted. */
interface Applicant {
  readonly partition: string;
  /** Its recipients, with what limits count each by. */
  readonly subjects: readonly (RuleSubject & { readonly channel: ChannelName; readonly budget: string })[];
  readonly sending: Sending;
  /** The limits it counts against. */
  readonly counts: readonly Count[];
  readonly purchase: Omit<Purchase, 'partition' | 'limits'>;
  readonly workspace: Workspace;
}

/** What an admitted send took. */
export interface Admitted {
  readonly bought: Bought;
  /** Undoes the counting, for a send that is refused later. */
  giveBack(): Promise<void>;
}

/**
 * Checks and counts a send before it costs anything: the rules for its
 * recipients, the guard's own rules, then the limits, then the recipients' budgets, and last the workspace's backend,
 * which takes longest. Throws SEND_REFUSED, RATE_LIMITED or RECIPIENT_BLOCKED,
 * and then nothing is counted.
 */
export async function admit(
  { rules, guard, limiter, budget, clock }: AdmitDeps,
  call: Call,
  { partition, subjects, sending, counts, purchase, workspace }: Applicant,
): Promise<Admitted> {
  const undo: (() => Promise<void>)[] = [];
  const giveBack = async () => {
    await Promise.all(undo.splice(0).map((step) => step()));
  };
  try {
    const allowed = await rules.check(partition, subjects);
    const passing = subjects.filter((one) => allowed.has(one));
    const channels = passing.map(({ channel }) => channel);
    const phones = sending.phones.filter(({ channel }) => !channels.includes(channel));
    const guardPass = await guard.enter({ ...sending, phones });
    undo.push(guardPass.giveBack);
    const taken = await limiter.take(partition, counts, workspace.limits);
    undo.push(taken.giveBack);
    noteLimit(call, taken.tightest);
    const limits = budgetLimits(
      workspace.limits,
      longestLifetimeMs(workspace, clock.now()),
      maxFailuresInARow(workspace.assurance),
    );
    const unlimitedSends = new Set(passing.map(({ budget: recipient }) => recipient));
    const bought = await budget.take({ partition, limits, unlimitedSends, ...purchase });
    undo.push(bought.giveBack);
    noteLimit(call, bought.tightest);
    await guardPass.ask(call.signal);
    return { bought, giveBack };
  } catch (refused) {
    await giveBack();
    throw refused;
  }
}
