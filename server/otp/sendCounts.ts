import { peerKey } from '../domain/addresses.js';
import type { Count } from '../limits/limiter.js';
import type { Fingerprints } from '../secrets/fingerprints.js';

/** For whom a message is counted. */
export interface Audience {
  /** Address of the person asking; undefined: no IP rule. A backend's own address is not a person's. */
  readonly ip: string | undefined;
  /** metadata.user_id. */
  readonly userId: string | undefined;
  /** Fingerprints of the recipients. */
  readonly recipients: readonly string[];
}

/** What one send or resend counts against: the caller's rules first, then the recipient's. */
export function sendCounts(fingerprints: Fingerprints, workspace: string, audience: Audience): Count[] {
  const { ip, userId, recipients } = audience;
  const subject = (who: string) => fingerprints.subject(workspace, who);
  return [
    ...(ip ? [{ rule: 'ip-sends', key: subject(`ip ${peerKey(ip)}`) } as const] : []),
    ...(userId ? [{ rule: 'user-sends', key: subject(`user ${userId}`) } as const] : []),
    ...[...new Set(recipients)].flatMap((key) => [
      { rule: 'recipient-sends', key } as const,
      { rule: 'recipient-daily', key } as const,
    ]),
  ];
}
