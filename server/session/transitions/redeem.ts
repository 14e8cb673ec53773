import type { Change } from '../change.js';
import { operationKey } from '../operationKey.js';
import type { StoredOperation, StoredRequest, StoredSession } from '../stored.js';

interface Redemption {
  readonly workspace: string;
  /** The key that redeems. */
  readonly by: string;
  /** What the caller names: what the token is used for. */
  readonly operation: StoredOperation;
  /** How a repeat of the same request is recognised. */
  readonly request: StoredRequest | undefined;
}

/** The verification token of an approved session is used, once, for one operation. */
export function redeem(
  { mode, client, operation: opened, beneficiary }: StoredSession,
  { workspace, by, operation, request }: Redemption,
  at: number,
): Change {
  return {
    at,
    guard: { status: 'APPROVED', 'token.expiresAt': { $gt: new Date(at) }, 'token.redeemedAt': null },
    set: {
      'token.redeemedAt': new Date(at),
      // The operation the session was opened for may name more than the caller does.
      'token.redeemedFor': { ...operation, ...opened },
      // A sandbox proof never satisfies anything.
      ...(mode === 'live' &&
        beneficiary && { satisfies: operationKey(workspace, beneficiary.sponsorSlug, operation) }),
      ...(request && { 'token.redeemedBy': request }),
      ...(by !== client && { 'token.redeemer': by }),
    },
  };
}
