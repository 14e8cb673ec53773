import type { Recipient } from '../../domain/recipients.js';
import { deliveryEvents, recording, sessionEvent } from '../../session/history.js';
import { settled, withDeliveries } from '../../session/messages.js';
import { type SandboxScenario, sandboxScenario } from '../../session/sandboxRecipients.js';
import { channelsOf } from '../../session/status.js';
import type { SessionEvent, StoredSession } from '../../session/stored.js';

/** The scenario that one of the recipients stands for: the first that does. */
export const scenarioOf = (recipients: readonly Pick<Recipient, 'identity'>[]): SandboxScenario | undefined =>
  recipients.map(({ identity }) => sandboxScenario(identity)).find(Boolean);

/** The session as the scenario wants it to begin, with the events that happened by then. */
export function asScenario(opened: StoredSession, scenario: SandboxScenario | undefined): StoredSession {
  if (!scenario) return opened;
  const session = { ...opened, uncounted: true } as const;
  const { createdAt, channels } = session;
  const now = createdAt.getTime();
  if ('delivery' in scenario) {
    const failed = new Map(
      channelsOf(session).map(([name, { delivery }]) => [
        name,
        settled(delivery, { state: 'FAILED', error: scenario.delivery }),
      ]),
    );
    const events = deliveryEvents(channels, failed, now);
    return withEvents({ ...session, channels: withDeliveries(channels, failed) }, events);
  }
  if (!('session' in scenario)) return session;
  const { expireAt: _isOver, ...over } = session;
  return scenario.session === 'EXPIRED'
    ? withEvents({ ...over, expiresAt: createdAt }, [sessionEvent('session.expired', now)])
    : withEvents({ ...over, attemptsLeft: 0, lockedAt: createdAt }, [sessionEvent('session.locked', now)]);
}

const withEvents = (session: StoredSession, events: readonly SessionEvent[]): StoredSession => ({
  ...session,
  events,
  ...recording(session, events, session.createdAt.getTime()).set,
});
