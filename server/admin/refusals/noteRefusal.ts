import { Failure, type Reason } from '../../errors.js';
import type { Refusals, Refused } from './refusals.js';

/** Faults, and conflicts of a caller with itself, are no refusals. */
const NO_REFUSALS: ReadonlySet<Reason> = new Set<Reason>([
  'INTERNAL',
  'STORE_UNAVAILABLE',
  'IDEMPOTENCY_CONFLICT',
  'REQUEST_IN_PROGRESS',
  'PERMISSION_DENIED',
]);

/** Whom a refused Send or Resend was for. */
export type RefusedFor = Omit<Refused, 'reason' | 'rule' | 'detail' | 'freeAt'>;

/** Counts a refusal for each of its recipients. `thrown`: what refused it. */
export function noteRefusal(
  refusals: Refusals,
  thrown: unknown,
  {
    recipients,
    purpose,
    now,
  }: { readonly recipients: readonly RefusedFor[]; readonly purpose: string; readonly now: number },
): void {
  if (!(thrown instanceof Failure) || NO_REFUSALS.has(thrown.reason)) return;
  const { retryAfterMs, rule = '', ruleDetail } = thrown.details;
  refusals.add(
    recipients.map((one) => ({
      ...one,
      reason: thrown.reason,
      rule,
      ...(ruleDetail && { detail: ruleDetail }),
      ...(retryAfterMs !== undefined && { freeAt: new Date(now + retryAfterMs) }),
    })),
    purpose,
  );
}
