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
import { withoutCharge } from './withoutCharge.js';

/** The message as the provider has it; undefined where it has none or cannot be asked. */
type Search = (
  session: StoredSession,
  channel: ChannelName,
  provider: string,
) => Promise<{ readonly vendorId: string } | undefined>;

interface Deps {
  readonly sessions: Collection<StoredSession>;
  /** The file with the marks of a process. */
  readonly marksOf: (owner: string) => string;
  /** Begins a search at providers for messages that requests may have brought to them. */
  readonly newSearch: () => Search;
  /** The key of the account of the session's workspace by that name; undefined for a provider of the service itself. */
  readonly accountOf: (session: StoredSession, provider: string) => string | undefined;
  /** The session has a message to send now. */
  readonly offer: (session: StoredSession) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Takes over the messages that a process which has ended held by leases. What
 * its marks show to be accepted is recorded so, and so is what the provider of a
 * request without a response has; everything else is due at once.
 */
export function createTakeOver({ sessions, marksOf, newSearch, accountOf, offer, clock, log }: Deps) {
  return async (owner: string): Promise<void> => {
    const marks = readMarks(marksOf(owner));
    const findSent = newSearch();
    let taken = 0;
    for await (const found of sessions.find(leasedUntil('deliverAt', clock), { sort: { deliverAt: 1 } })) {
      for (const [channel, { delivery }] of channelsOf(found)) {
        if (!isHeld(delivery, owner)) continue;
        const mark = await askedMark(findSent, found, channel, marks?.get(delivery.lease?.id ?? ''));
        const resumed = await changeGuarded(sessions, found, (seen) => {
          const current = seen.channels[channel]?.delivery;
          if (!current || !isHeld(current, owner)) return undefined;
          const now = clock.now();
          const account = mark && accountOf(seen, mark.provider);
          const next = resume(current, { mark, account, hasMarks: marks !== undefined }, now);
          return updateMessages(
            new Map([[channel, next]]),
            now,
            acceptedAttempt(channel, next, { now, account }),
          );
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

/** A mark of a request without a response, with what its provider says about it. */
async function askedMark(
  findSent: Search,
  session: StoredSession,
  channel: ChannelName,
  mark: Mark | undefined,
): Promise<Mark | undefined> {
  if (!mark || mark.accepted) return mark;
  const sent = await findSent(session, channel, mark.provider);
  return sent ? { ...mark, accepted: true, vendorId: sent.vendorId } : mark;
}

/** What the process could not record any more. */
function acceptedAttempt(
  channel: ChannelName,
  { n, state, provider, vendorId }: StoredDelivery,
  { now, account }: { readonly now: number; readonly account: string | undefined },
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
    reportedAs: vendorId === undefined ? undefined : vendorKey(account ?? provider, vendorId),
  };
}

const isHeld = ({ state, lease }: StoredDelivery, owner: string): boolean =>
  state === 'QUEUED' && lease?.owner === owner;

/** A message whose delivery attempt was cut short by the end of its process. */
function resume(
  delivery: StoredDelivery,
  known: {
    readonly mark: Mark | undefined;
    /** The key of the workspace's own account that the mark is about. */
    readonly account: string | undefined;
    readonly hasMarks: boolean;
  },
  now: number,
): StoredDelivery {
  const { lease: _lease, ...free } = delivery;
  const { mark, account, hasMarks } = known;
  if (mark?.accepted) {
    const { provider, vendorId } = mark;
    const taken = account === undefined ? delivery : withoutCharge(delivery);
    return settled(taken, { state: 'ACCEPTED', provider, ...(vendorId !== undefined && { vendorId }) });
  }
  // Where the process kept marks and made none, no request was begun: the attempt was none.
  const unused = hasMarks && !mark ? 1 : 0;
  return { ...free, triesLeft: free.triesLeft + unused, dueAt: new Date(now) };
}
