import type { ChannelName } from '../../domain/channels.js';
import type { Change } from '../change.js';
import { sessionEvent } from '../history.js';
import { SESSION_LIMITS } from '../limits.js';
import { deliveryEvents, stopMessages } from '../messages.js';
import { isSatisfied } from '../policy.js';
import { channelsOf, OPEN } from '../status.js';
import type { StoredRequest, StoredSession } from '../stored.js';
import type { StoredDelivery } from '../storedDelivery.js';
import type { StoredSuccess } from '../storedEvents.js';
import { addressPaths } from './erase.js';

interface RightCode {
  readonly channel: ChannelName;
  /** The hash that the code was compared with. */
  readonly codeHash: string;
  /** How a repeat of the same request is recognised. */
  readonly request: StoredRequest | undefined;
  /** What it gives back to the recipient's budget; undefined where it used none. */
  readonly success?: StoredSuccess | undefined;
  /** The check that its attempt is stored with; it is no wrong code. */
  readonly check?: string;
  /** The caller does what follows from it, so no event has to wait for the worker. */
  readonly handled?: boolean;
}

/**
 * A right code is used up: the channel is verified and its hash gone, the attempt
 * is given back, and the session is PARTIAL or, when the policy is satisfied,
 * APPROVED. What has not been sent then never is. The guard names the compared
 * hash, so that a code is accepted once and never after a resend replaced it.
 */
export function consume(
  seen: StoredSession,
  { channel, codeHash, request, success, check, handled }: RightCode,
  at: number,
): Change {
  const names = channelsOf(seen).map(([name]) => name);
  const verified = channelsOf(seen).flatMap(([name, { state }]) => (state === 'VERIFIED' ? [name] : []));
  const approved = isSatisfied(seen.strategy, names, seen.required, new Set([...verified, channel]));
  const ended = approved ? names : [channel];
  const messages = stopMessages(seen.channels, ended);
  // Nothing needs the addresses any more, so they are erased by the same update.
  const isFinal = approved && handled === true && isQuiet(seen, messages, at);
  return {
    at,
    guard: {
      status: { $in: OPEN },
      expiresAt: { $gt: new Date(at) },
      [`channels.${channel}.codeExpiresAt`]: { $gt: new Date(at) },
      [`channels.${channel}.codeHash`]: codeHash,
    },
    set: {
      status: approved ? 'APPROVED' : 'PARTIAL',
      [`channels.${channel}.state`]: 'VERIFIED',
      [`channels.${channel}.verifiedAt`]: new Date(at),
      ...(request && { [`channels.${channel}.verifiedBy`]: request }),
      ...(check !== undefined && { [`channels.${channel}.verifiedCheck`]: check }),
      ...(approved && approval(at, isFinal)),
    },
    unset: [
      ...ended.map((name) => `channels.${name}.codeHash`),
      ...(approved ? ['expireAt'] : []),
      ...(isFinal ? ['eraseAt', ...addressPaths(seen)] : []),
    ],
    inc: { attemptsLeft: 1 },
    ...(check !== undefined && { pull: { checks: check } }),
    messages,
    handled: isFinal,
    events: [
      {
        ...sessionEvent(approved ? 'session.approved' : 'session.partial', at, channel),
        ...(success && { success }),
      },
    ],
  };
}

/** Whether neither a subscriber nor a contact, nor a message that is not sent, nor an earlier event needs the worker. */
const isQuiet = (seen: StoredSession, messages: ReadonlyMap<ChannelName, StoredDelivery>, at: number) =>
  !seen.notify &&
  !seen.addContact &&
  !seen.eventsAt &&
  deliveryEvents(seen.channels, messages, at).length === 0;

const approval = (at: number, isFinal: boolean) => ({
  approvedAt: new Date(at),
  ...(!isFinal && { eraseAt: new Date(at) }),
  token: { expiresAt: new Date(at + SESSION_LIMITS.tokenSeconds * 1000), redeemedAt: null },
});
