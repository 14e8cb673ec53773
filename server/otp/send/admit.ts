import { type Call, noteLimit } from '../../call/call.js';
import type { Guard, Sending } from '../../guard/guard.js';
import type { Count, Limiter } from '../../limits/limiter.js';
import type { RuleOverrides } from '../../limits/rules.js';

export interface AdmitDeps {
  readonly guard: Guard;
  readonly limiter: Limiter;
}

/** A Send or Resend to be admitted. */
interface Applicant {
  readonly partition: string;
  readonly sending: Sending;
  /** The limits it counts against. */
  readonly counts: readonly Count[];
  /** The workspace's own limits. */
  readonly overrides: RuleOverrides;
}

/**
 * Checks and counts a send before it costs anything: the guard's own rules, then
 * the limits, and last the workspace's backend, which takes longest. Throws
 * SEND_REFUSED or RATE_LIMITED, and then nothing is counted. Returns what undoes
 * the counting, for a send that fails later.
 */
export async function admit(
  { guard, limiter }: AdmitDeps,
  call: Call,
  { partition, sending, counts, overrides }: Applicant,
): Promise<() => Promise<void>> {
  const guardPass = await guard.enter(sending);
  try {
    const taken = await limiter.take(partition, counts, overrides);
    try {
      noteLimit(call, taken.tightest);
      await guardPass.ask(call.signal);
      return async () => {
        await Promise.all([taken.giveBack(), guardPass.giveBack()]);
      };
    } catch (refused) {
      await taken.giveBack();
      throw refused;
    }
  } catch (refused) {
    await guardPass.giveBack();
    throw refused;
  }
}
