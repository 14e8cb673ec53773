import { peerKey } from '../../domain/ipAddresses.js';
import type { Count } from '../../limits/limiter.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { StoredBeneficiary } from '../../session/stored.js';

/** For whom a message is counted. */
export interface Audience {
  /** Address of the person asking; undefined: no IP rule. A backend's own address is not a person's. */
  readonly ip: string | undefined;
  /** metadata.user_id. */
  readonly userId: string | undefined;
  /** Fingerprints of the recipients. */
  readonly recipients: readonly string[];
  /** A beneficiary has a budget of its own in place of the recipients'. */
  readonly beneficiary: StoredBeneficiary | undefined;
}

/** What one send or resend counts against: the caller's rules first, then the recipient's. */
export function sendCounts(fingerprints: Fingerprints, workspace: string, audience: Audience): Count[] {
  const { ip, userId, recipients, beneficiary } = audience;
  const subject = (who: string) => fingerprints.subject(workspace, who);
  return [
    ...(ip ? [{ rule: 'ip-sends', key: subject(`ip ${peerKey(ip)}`) } as const] : []),
    ...(userId ? [{ rule: 'user-sends', key: subject(`user ${userId}`) } as const] : []),
    ...(beneficiary
      ? [{ rule: 'beneficiary-sends', key: subject(beneficiaryOf(beneficiary)) } as const]
      : [...new Set(recipients)].map((key) => ({ rule: 'recipient-sends', key }) as const)),
    ...[...new Set(recipients)].map((key) => ({ rule: 'recipient-daily', key }) as const),
  ];
}

/** A slug has no slash, so no two beneficiaries are spelled alike. */
const beneficiaryOf = ({ sponsorSlug, beneficiaryId }: StoredBeneficiary): string =>
  `beneficiary ${sponsorSlug}/${beneficiaryId}`;
