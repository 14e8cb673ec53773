import type { ChannelName } from '../../domain/channels.js';
import type { Update } from '../../store/documents.js';
import { deliveryEvents, recording, sessionEvent } from '../history.js';
import { SESSION_LIMITS } from '../limits.js';
import { earliestDue, stopped, withDeliveries } from '../messages.js';
import { isSatisfied } from '../policy.js';
import { channelsOf } from '../status.js';
import type { StoredRequest, StoredSession } from '../stored.js';

interface Consuming {
  readonly now: number;
  readonly request: StoredRequest | undefined;
}

/**
 * The update by which a right code is used up, computed from the document seen:
 * the channel is verified and its hash gone, the attempt comes back, and the
 * session is PARTIAL or, when the policy is satisfied, APPROVED. What was still
 * waiting to be sent then never is.
 */
export function consumption(seen: StoredSession, channel: ChannelName, { now, request }: Consuming): Update {
  const at = new Date(now);
  const names = channelsOf(seen).map(([name]) => name);
  const verified = new Set(
    channelsOf(seen).flatMap(([name, { state }]) => (state === 'VERIFIED' ? [name] : [])),
  );
  const approved = isSatisfied(seen.strategy, names, seen.required, verified.add(channel));

  const over = approved ? names : [channel];
  const done = stopped(seen.channels, over);
  const deliverAt = earliestDue(withDeliveries(seen.channels, done));
  const history = recording(
    seen,
    [
      sessionEvent(approved ? 'session.approved' : 'session.partial', now, channel),
      ...deliveryEvents(seen.channels, done, now),
    ],
    now,
  );
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
      ...history.set,
    },
    $unset: {
      ...Object.fromEntries(over.map((name) => [`channels.${name}.codeHash`, '' as const])),
      ...(!deliverAt && { deliverAt: '' }),
      ...(approved && { expireAt: '' }),
    },
    $inc: { rev: 1, attemptsLeft: 1 },
    $push: { ...history.push },
  };
}
