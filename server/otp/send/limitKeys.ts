import { peerKey } from '../../domain/ipAddresses.js';
import type { Count } from '../../limits/limiter.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { StoredBeneficiary } from '../../session/stored.js';

/** What a send is counted by. */
export interface LimitSubjects {
  /** IP address of the end user; undefined: no IP rule. A backend's own address is not an end user's. */
  readonly ip: string | undefined;
  /** See userIdOf. */
  readonly userId: string | undefined;
  /** A beneficiary has a burst limit of its own in place of the recipients'. */
  readonly beneficiary: StoredBeneficiary | undefined;
}

/** metadata.user_id, the user that the per-user limit is for; undefined where there is none. */
export function userIdOf({ user_id: user }: { readonly user_id?: unknown }): string | undefined {
  return typeof user === 'string' || typeof user === 'number' ? String(user) || undefined : undefined;
}

/** What one send or resend counts against, besides the budgets of its recipients. */
export function limitKeys(fingerprints: Fingerprints, workspace: string, subjects: LimitSubjects): Count[] {
  const { ip, userId, beneficiary } = subjects;
  const subject = (text: string) => fingerprints.subject(workspace, text);
  return [
    ...(ip ? [{ rule: 'ip-sends', key: subject(`ip ${peerKey(ip)}`) } as const] : []),
    ...(userId ? [{ rule: 'user-sends', key: subject(`user ${userId}`) } as const] : []),
    ...(beneficiary
      ? [{ rule: 'beneficiary-sends', key: subject(beneficiaryOf(beneficiary)) } as const]
      : []),
  ];
}

/** A slug has no slash, so no two beneficiaries have the same text. */
const beneficiaryOf = ({ sponsorSlug, beneficiaryId }: StoredBeneficiary): string =>
  `beneficiary ${sponsorSlug}/${beneficiaryId}`;
