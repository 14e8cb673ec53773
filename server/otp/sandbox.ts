import { settled } from '../delivery/outbox.js';
import type { Recipient } from '../domain/recipients.js';
import { type SandboxScenario, sandboxScenario } from '../domain/sandboxRecipients.js';
import { channelsOf, type StoredSession } from '../domain/session.js';

/** The scenario that one of the recipients stands for: the first that does. */
export const scenarioOf = (recipients: readonly Pick<Recipient, 'identity'>[]): SandboxScenario | undefined =>
  recipients.map(({ identity }) => sandboxScenario(identity)).find(Boolean);

/** The session as the scenario wants it to begin. */
export function asScenario(opened: StoredSession, scenario: SandboxScenario | undefined): StoredSession {
  if (!scenario) return opened;
  const session = { ...opened, uncounted: true } as const;
  if ('delivery' in scenario) {
    const channels = channelsOf(session).map(([name, channel]) => {
      const delivery = settled(channel.delivery, { state: 'FAILED', error: scenario.delivery });
      return [name, { ...channel, delivery }] as const;
    });
    return { ...session, channels: Object.fromEntries(channels) };
  }
  if (!('session' in scenario)) return session;
  return scenario.session === 'EXPIRED'
    ? { ...session, expiresAt: session.createdAt }
    : { ...session, attemptsLeft: 0 };
}
