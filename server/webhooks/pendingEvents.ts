import type { PendingEvent, StoredEndpoint, StoredWebhookDelivery } from './stored.js';

/** The events of a queue that will be sent: none for a disabled endpoint, nor those queued before it was enabled again. */
export function pendingEvents(
  { disabledAt, enabledAt }: Pick<StoredEndpoint, 'disabledAt' | 'enabledAt'>,
  { waiting }: Pick<StoredWebhookDelivery, 'waiting'>,
): readonly PendingEvent[] {
  if (disabledAt) return [];
  return enabledAt ? waiting.filter(({ queuedAt }) => queuedAt >= enabledAt) : waiting;
}
