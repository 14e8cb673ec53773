import { earliestDue, refunds, stopped, withDeliveries } from '../delivery/outbox.js';
import type { ChannelName } from '../domain/channels.js';
import { isSatisfied } from '../domain/policy.js';
import { channelsOf, type SessionEvent, type StoredRequest, type StoredSession } from '../domain/session.js';
import { SESSION_LIMITS } from '../domain/sessionLimits.js';
import type { Update } from '../store/documents.js';

interface Consuming {
  /** Of the event this is. */
  readonly id: string;
  readonly now: number;
  readonly request: StoredRequest | undefined;
}

/**
 * The update by which a right code is used up, computed from the document seen:
 * the channel is verified and its hash gone, the attempt comes back, and the
 * session is PARTIAL or, when the policy is satisfied, APPROVED. What was still
 * waiting to be sent then never is.
 */
export function consumption(
  seen: StoredSession,
  channel: ChannelName,
  { id, now, request }: Consuming,
): Update {
  const at = new Date(now);
  const names = channelsOf(seen).map(([name]) => name);
  const verified = new Set(
    channelsOf(seen).flatMap(([name, { state }]) => (state === 'VERIFIED' ? [name] : [])),
  );
  const approved = isSatisfied(seen.strategy, names, seen.required, verified.add(channel));

  const event: SessionEvent = { id, type: 'verified', at, channel };
  const over = approved ? names : [channel];
  const done = stopped(seen.channels, over);
  const deliverAt = earliestDue(withDeliveries(seen.channels, done));
  const tokenExpiresAt = new Date(now + SESSION_LIMITS.tokenSeconds * 1000);
  return {
    $set: {
      status: approved ? 'APPROVED' : 'PARTIAL',
      [`channels.${channel}.state`]: 'VERIFIED',
      [`channels.${channel}.verifiedAt`]: at,
      ...(request && { [`channels.${channel}.verifiedBy`]: request }),
      ...Object.fromEntries([...done].map(([name, delivery]) => [`channels.${name}.delivery`, delivery])),
      ...(approved && {
        approvedAt: at,
        eraseAt: at,
        token: { expiresAt: tokenExpiresAt, redeemedAt: null },
      }),
      ...(deliverAt && { deliverAt }),
      eventsAt: at,
    },
    $unset: {
      ...Object.fromEntries(over.map((name) => [`channels.${name}.codeHash`, '' as const])),
      ...(!deliverAt && { deliverAt: '' }),
    },
    $inc: { rev: 1, attemptsLeft: 1 },
    $push: { events: { $each: [event, ...refunds(seen.channels, done, now)] } },
  };
}
