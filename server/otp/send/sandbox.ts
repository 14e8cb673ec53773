import type { Recipient } from '../../domain/recipients.js';
import { firstRevision } from '../../session/change.js';
import { sessionEvent } from '../../session/history.js';
import { deliveryEvents, settled, withDeliveries } from '../../session/messages.js';
import { type SandboxScenario, sandboxScenario } from '../../session/sandboxRecipients.js';
import { channelsOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';

/** The scenario of the first recipient that has one. */
export const scenarioOf = (recipients: readonly Pick<Recipient, 'identity'>[]): SandboxScenario | undefined =>
  recipients.map(({ identity }) => sandboxScenario(identity)).find(Boolean);

/** The session in the state in which the scenario has it begin, with the events that led there. */
export function asScenario(opened: StoredSession, scenario: SandboxScenario | undefined): StoredSession {
  if (!scenario) return opened;
  const session = { ...opened, uncounted: true } as const;
  if ('delivery' in scenario) return withFailedDeliveries(session, scenario.delivery);
  if ('session' in scenario) return withEnd(session, scenario.session);
  return session;
}

function withFailedDeliveries(session: StoredSession, error: string): StoredSession {
  const { createdAt, channels } = session;
  const now = createdAt.getTime();
  const failed = new Map(
    channelsOf(session).map(([name, { delivery }]) => [name, settled(delivery, { state: 'FAILED', error })]),
  );
  const events = deliveryEvents(channels, failed, now);
  return firstRevision({ ...session, channels: withDeliveries(channels, failed) }, now, events);
}

function withEnd({ expireAt: _ended, ...session }: StoredSession, end: 'EXPIRED' | 'LOCKED'): StoredSession {
  const { createdAt } = session;
  const now = createdAt.getTime();
  return end === 'EXPIRED'
    ? firstRevision({ ...session, expiresAt: createdAt }, now, [sessionEvent('session.expired', now)])
    : firstRevision({ ...session, attemptsLeft: 0, lockedAt: createdAt }, now, [
        sessionEvent('session.locked', now),
      ]);
}
