import { memberText } from '../../domain/exactJson.js';
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

/**
 * metadata.user_id of metadata as JSON, the user that the per-user limit is for;
 * undefined where there is none. A number by its digits: two that round to the
 * same are two users.
 */
export function userIdOf(metadata: string): string | undefined {
  const text = memberText(metadata, 'user_id');
  if (text?.startsWith('"')) return (JSON.parse(text) as string) || undefined;
  return text !== undefined && /^-?\d/.test(text) ? text : undefined;
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
