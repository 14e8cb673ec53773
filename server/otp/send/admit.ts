import { type Call, noteLimit } from '../../call/call.js';
import type { Guard, Sending } from '../../guard/guard.js';
import type { Count, Limiter } from '../../limits/limiter.js';
import type { RuleOverrides } from '../../limits/rules.js';

interface Parts {
  readonly guard: Guard;
  readonly limiter: Limiter;
}

/** A Send or Resend that asks to be let through. */
interface Applicant {
  readonly partition: string;
  readonly sending: Sending;
  /** What it counts against. */
  readonly counts: readonly Count[];
  /** The workspace's own limits. */
  readonly overrides: RuleOverrides;
}

/**
 * Lets a send through to where it begins to cost: the guard's own rules, then
 * the limits, and last the workspace's backend, which takes longest. Throws
 * SEND_REFUSED or RATE_LIMITED, and then nothing is counted. Gives back what
 * undoes the counting, for a send that comes to nothing after all.
 */
export async function admit(
  { guard, limiter }: Parts,
  call: Call,
  { partition, sending, counts, overrides }: Applicant,
): Promise<() => Promise<void>> {
  const passage = await guard.enter(sending);
  try {
    const taken = await limiter.take(partition, counts, overrides);
    try {
      noteLimit(call, taken.tightest);
      await passage.ask(call.signal);
      return async () => {
        await Promise.all([taken.giveBack(), passage.giveBack()]);
      };
    } catch (refused) {
      await taken.giveBack();
      throw refused;
    }
  } catch (refused) {
    await passage.giveBack();
    throw refused;
  }
}
