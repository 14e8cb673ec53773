import type { PendingEvent, StoredEndpoint, StoredWebhookDelivery } from './stored.js';

/** What waits in a line and will be sent: nothing for a disabled endpoint, nor what it was disabled upon. */
export function pendingEvents(
  { disabledAt, enabledAt }: Pick<StoredEndpoint, 'disabledAt' | 'enabledAt'>,
  { waiting }: Pick<StoredWebhookDelivery, 'waiting'>,
): readonly PendingEvent[] {
  if (disabledAt) return [];
  return enabledAt ? waiting.filter(({ queuedAt }) => queuedAt >= enabledAt) : waiting;
}
