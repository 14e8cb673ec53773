import type { Workspace } from '../../admin/workspaces/stored.js';
import { type Call, noteLimit } from '../../call/call.js';
import type { Guard, Sending } from '../../guard/guard.js';
import type { Count, Limiter } from '../../limits/limiter.js';
import { budgetLimits } from '../../limits/recipientBudget/budgetLimits.js';
import type { Bought, Purchase, RecipientBudget } from '../../limits/recipientBudget/recipientBudget.js';
import type { Clock } from '../../platform/clock.js';
import { longestLifetimeMs, maxFailuresInARow } from '../../session/assurance.js';

export interface AdmitDeps {
  readonly guard: Guard;
  readonly limiter: Limiter;
  readonly budget: RecipientBudget;
  readonly clock: Clock;
}

/** A Send or Resend to be admitted. */
interface Applicant {
  readonly partition: string;
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
 * Checks and counts a send before it costs anything: the guard's own rules, then
 * the limits, then the recipients' budgets, and last the workspace's backend,
 * which takes longest. Throws SEND_REFUSED, RATE_LIMITED or RECIPIENT_BLOCKED,
 * and then nothing is counted.
 */
export async function admit(
  { guard, limiter, budget, clock }: AdmitDeps,
  call: Call,
  { partition, sending, counts, purchase, workspace }: Applicant,
): Promise<Admitted> {
  const undo: (() => Promise<void>)[] = [];
  const giveBack = async () => {
    await Promise.all(undo.splice(0).map((step) => step()));
  };
  try {
    const guardPass = await guard.enter(sending);
    undo.push(guardPass.giveBack);
    const taken = await limiter.take(partition, counts, workspace.limits);
    undo.push(taken.giveBack);
    noteLimit(call, taken.tightest);
    const limits = budgetLimits(
      workspace.limits,
      longestLifetimeMs(workspace, clock.now()),
      maxFailuresInARow(workspace.assurance),
    );
    const bought = await budget.take({ ...purchase, partition, limits });
    undo.push(bought.giveBack);
    noteLimit(call, bought.tightest);
    await guardPass.ask(call.signal);
    return { bought, giveBack };
  } catch (refused) {
    await giveBack();
    throw refused;
  }
}
