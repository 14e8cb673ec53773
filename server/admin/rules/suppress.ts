import type { Clock } from '../../platform/clock.js';
import { DAY_MS } from '../../platform/durations.js';
import type { StoredSession } from '../../session/stored.js';
import type { SessionEvent } from '../../session/storedEvents.js';
import type { RuleCause } from './stored.js';
import type { RuleWriter } from './writeRule.js';

/** Mailboxes are made again and lists of codes are wrong at times: a bounce does not count for ever. */
const BOUNCED_MS = 30 * DAY_MS;

/** The creator of rules that no caller asked for. */
export const BY_SERVICE = 'service';

/** Makes the rule that follows from a message that failed, where one does. May be repeated. */
export type Suppress = (session: StoredSession, event: SessionEvent) => Promise<void>;

export function createSuppress(writer: Pick<RuleWriter, 'create'>, clock: Clock): Suppress {
  return async (session, { channel, error }) => {
    const stored = channel && session.channels[channel];
    if (!stored || session.mode !== 'live') return;
    const cause: RuleCause | undefined =
      error === 'OPTED_OUT'
        ? 'OPTED_OUT'
        : // A phone that a vendor calls wrong may be right on another channel, or be one that it does not reach.
          error === 'WRONG_RECIPIENT' && channel === 'email'
          ? 'BOUNCED'
          : undefined;
    if (!cause) return;
    await writer.create({
      partition: session.partition,
      type: 'SUPPRESS',
      recipient: stored.recipient,
      masked: stored.masked,
      channel,
      cause,
      createdBy: BY_SERVICE,
      ...(cause === 'BOUNCED' && { expiresAt: new Date(clock.now() + BOUNCED_MS) }),
    });
  };
}
