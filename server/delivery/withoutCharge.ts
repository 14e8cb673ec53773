import type { StoredDelivery } from '../session/storedDelivery.js';

/**
 * A message that a workspace's own account has taken. What was paid for it is not paid back by a receipt: the workspace
 * holds the secret that signs it.
 */
export function withoutCharge({ charge: _kept, ...delivery }: StoredDelivery): StoredDelivery {
  return delivery;
}
