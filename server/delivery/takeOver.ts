import { rmSync } from 'node:fs';
import type { ChannelName } from '../domain/channels.js';
import type { Logger } from '../observe/log.js';
import type { Clock } from '../platform/clock.js';
import { changeGuarded } from '../session/change.js';
import { settled } from '../session/messages.js';
import { channelsOf } from '../session/status.js';
import type { StoredSession } from '../session/stored.js';
import type { StoredDelivery } from '../session/storedDelivery.js';
import { updateMessages, vendorKey } from '../session/transitions/updateMessages.js';
import type { Collection } from '../store/documents.js';
import { leasedUntil } from '../store/leases.js';
import { type Mark, readMarks } from './marks.js';

interface Deps {
  readonly sessions: Collection<StoredSession>;
  /** The file with the marks of a process. */
  readonly marksOf: (owner: string) => string;
  /** The session has a message to send now. */
  readonly offer: (session: StoredSession) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Takes over the messages that a process which has ended held by leases. What
 * its marks show to be accepted is recorded so; everything else is due at once.
 */
export function createTakeOver({ sessions, marksOf, offer, clock, log }: Deps) {
  return async (owner: string): Promise<void> => {
    const marks = readMarks(marksOf(owner));
    let taken = 0;
    for await (const found of sessions.find(leasedUntil('deliverAt', clock), { sort: { deliverAt: 1 } })) {
      for (const [channel, { delivery }] of channelsOf(found)) {
        if (!isHeld(delivery, owner)) continue;
        const resumed = await changeGuarded(sessions, found, (seen) => {
          const current = seen.channels[channel]?.delivery;
          if (!current || !isHeld(current, owner)) return undefined;
          const now = clock.now();
          const next = resume(current, marks, now);
          return updateMessages(new Map([[channel, next]]), now, acceptedAttempt(channel, next, now));
        });
        if (!resumed?.changed) continue;
        taken++;
        if (resumed.session.deliverAt) offer(resumed.session);
      }
    }
    if (marks) rmSync(marksOf(owner), { force: true });
    if (taken > 0) log.info({ process: owner, messages: taken }, 'messages of a process that has ended');
  };
}

/** What the process could not record any more. */
function acceptedAttempt(
  channel: ChannelName,
  { n, state, provider, vendorId }: StoredDelivery,
  now: number,
) {
  if (state !== 'ACCEPTED' || provider === undefined) return undefined;
  return {
    attempt: {
      channel,
      n,
      provider,
      at: new Date(now),
      ms: 0,
      outcome: 'accepted' as const,
      ...(vendorId !== undefined && { vendorId }),
    },
    reportedAs: vendorId === undefined ? undefined : vendorKey(provider, vendorId),
  };
}

const isHeld = ({ state, lease }: StoredDelivery, owner: string): boolean =>
  state === 'QUEUED' && lease?.owner === owner;

/** A message whose delivery attempt was cut short by the end of its process. */
function resume(
  delivery: StoredDelivery,
  marks: ReadonlyMap<string, Mark> | undefined,
  now: number,
): StoredDelivery {
  const { lease, ...free } = delivery;
  const mark = lease && marks?.get(lease.id);
  if (mark?.accepted) {
    const { provider, vendorId } = mark;
    return settled(delivery, { state: 'ACCEPTED', provider, ...(vendorId !== undefined && { vendorId }) });
  }
  // Where the process kept marks and made none, no request was begun: the attempt was none.
  const unused = marks && !mark ? 1 : 0;
  return { ...free, triesLeft: free.triesLeft + unused, dueAt: new Date(now) };
}
