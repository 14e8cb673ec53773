import type { ChannelName } from '../domain/channels.js';
import type { Clock } from '../platform/clock.js';
import { changeGuarded } from '../session/change.js';
import { channelsOf } from '../session/status.js';
import type { StoredSession } from '../session/stored.js';
import type { StoredDelivery } from '../session/storedDelivery.js';
import { updateMessages } from '../session/transitions/updateMessages.js';
import type { Collection } from '../store/documents.js';

/** How often the store is asked whether the session is there, and the wait before each time: an insert ends with its deadline. */
const TIMES = 3;
const WAIT_MS = 1_000;

interface Deps {
  readonly sessions: Collection<StoredSession>;
  readonly clock: Clock;
}

/**
 * Ends the leases of a session whose insert got no response: if it is stored, its
 * messages are due at once and not when the leases expire. No request was begun
 * under them, so no delivery attempt is used. Given up when the process ends: then
 * the end of the lease decides. Resolves with the session whose messages are due.
 */
export function createLetGo(
  { sessions, clock }: Deps,
  leases: readonly string[],
): (session: StoredSession) => Promise<StoredSession | undefined> {
  const mine = new Set(leases);

  async function free(_id: string) {
    const found = await sessions.findOne({ _id });
    return found && changeGuarded(sessions, found, (seen) => withoutLeases(seen, mine, clock.now()));
  }

  return async ({ _id }) => {
    for (let time = 0; time < TIMES; time++) {
      await new Promise<void>((resolve) => clock.after(WAIT_MS, resolve));
      const freed = await free(_id).catch(() => undefined);
      if (freed) return freed.changed ? freed.session : undefined;
    }
    return undefined;
  };
}

function withoutLeases(seen: StoredSession, mine: ReadonlySet<string>, now: number) {
  const messages = new Map<ChannelName, StoredDelivery>();
  for (const [channel, { delivery }] of channelsOf(seen)) {
    const { lease, ...rest } = delivery;
    if (delivery.state !== 'QUEUED' || !lease || !mine.has(lease.id)) continue;
    messages.set(channel, { ...rest, triesLeft: rest.triesLeft + 1, dueAt: new Date(now) });
  }
  return messages.size > 0 ? updateMessages(messages, now) : undefined;
}
