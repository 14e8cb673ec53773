import { ACCOUNT_LABEL } from '../../delivery/provider.js';
import type { Metrics } from '../../observe/metrics/index.js';
import { freshEvents } from '../../session/history.js';
import { sentAtOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';
import type { SessionEvent } from '../../session/storedEvents.js';
import type { ChangeListener } from '../../store/changeListener.js';

type SessionMetrics = Pick<Metrics, 'sessions' | 'deliveries' | 'deliverySeconds'>;

/** Counts the events of sessions and their messages for the metrics of this process. */
export function createSessionMetrics(
  { sessions, deliveries, deliverySeconds }: SessionMetrics,
  isBuiltIn: (provider: string) => boolean,
): ChangeListener<StoredSession> {
  function countEvent(session: StoredSession, { type, at, channel }: SessionEvent): void {
    const { mode } = session;
    switch (type) {
      case 'session.approved':
        sessions.add({ event: 'approved', mode });
        break;
      case 'session.locked':
        sessions.add({ event: 'locked', mode });
        break;
      case 'session.canceled':
        sessions.add({ event: 'canceled', mode });
        break;
    }
    const stored = channel && session.channels[channel];
    if (!channel || !stored) return;
    const { provider: name = 'none' } = stored.delivery;
    const provider = name === 'none' || isBuiltIn(name) ? name : ACCOUNT_LABEL;
    switch (type) {
      case 'delivery.accepted': {
        deliveries.add({ provider, channel, outcome: 'accepted' });
        const since = stored.delivery.freedAt?.getTime() ?? sentAtOf(session, stored);
        const waited = Math.max(0, at.getTime() - since);
        deliverySeconds.observe({ channel }, waited / 1e3);
        break;
      }
      case 'delivery.delivered':
        deliveries.add({ provider, channel, outcome: 'delivered' });
        break;
      case 'delivery.failed':
        deliveries.add({ provider, channel, outcome: 'failed' });
        break;
    }
  }

  return (session, update) => {
    if (!update) sessions.add({ event: 'opened', mode: session.mode });
    for (const event of freshEvents(session, update)) countEvent(session, event);
  };
}
