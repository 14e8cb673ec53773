import type { Recipient } from '../../domain/recipients.js';
import { firstRevision } from '../../session/change.js';
import { sessionEvent } from '../../session/history.js';
import { deliveryEvents, settled, withDeliveries } from '../../session/messages.js';
import { type SandboxScenario, sandboxScenario } from '../../session/sandboxRecipients.js';
import { channelsOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';

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
    return firstRevision({ ...session, channels: withDeliveries(channels, failed) }, now, events);
  }
  if (!('session' in scenario)) return session;
  const { expireAt: _ended, ...ended } = session;
  return scenario.session === 'EXPIRED'
    ? firstRevision({ ...ended, expiresAt: createdAt }, now, [sessionEvent('session.expired', now)])
    : firstRevision({ ...ended, attemptsLeft: 0, lockedAt: createdAt }, now, [
        sessionEvent('session.locked', now),
      ]);
}
