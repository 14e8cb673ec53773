import type { ChannelName } from '../../domain/channels.js';
import { firstIdAt } from '../../domain/ids.js';
import { HOUR_MS } from '../../platform/durations.js';
import { channelsOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';
import type { StoredAttempt } from '../../session/storedDelivery.js';
import type { Collection, Filter } from '../../store/documents.js';

/** Sessions read in one call, the newest. */
const MOST_READ = 10_000;

/** How one provider did on one channel in the last hour. */
export interface Use {
  readonly attempts: readonly StoredAttempt[];
  readonly lastFailure: { readonly session: StoredSession; readonly attempt: StoredAttempt } | undefined;
  /** Since when messages have been queued that were last given to it, or are given to it first. */
  readonly queuedSince: readonly Date[];
}

/** What is not known of a message before its first delivery attempt. */
export type FirstProvider = (session: StoredSession, channel: ChannelName) => string | undefined;

/** Uses of the last hour, by `useKey`. */
export type Uses = ReadonlyMap<string, Use>;

export const useKey = (channel: ChannelName, provider: string): string => `${channel} ${provider}`;

/** Reads what providers did for a workspace, or for all of them, from the sessions of the last hour. */
export async function readUses(
  sessions: Collection<StoredSession>,
  workspace: string | undefined,
  { now, firstOf }: { readonly now: number; readonly firstOf: FirstProvider },
): Promise<Uses> {
  const since = now - HOUR_MS;
  const uses = new Map<
    string,
    { attempts: StoredAttempt[]; queuedSince: Date[]; lastFailure: Use['lastFailure'] }
  >();
  const use = (channel: ChannelName, provider: string) => {
    const key = useKey(channel, provider);
    const known = uses.get(key) ?? { attempts: [], queuedSince: [], lastFailure: undefined };
    uses.set(key, known);
    return known;
  };
  for await (const session of newest(sessions, workspace, since)) {
    if (session.mode !== 'live') continue;
    for (const attempt of session.attempts ?? []) {
      if (attempt.at.getTime() < since) continue;
      const of = use(attempt.channel, attempt.provider);
      of.attempts.push(attempt);
      if (attempt.outcome !== 'accepted' && !(of.lastFailure && of.lastFailure.attempt.at > attempt.at))
        of.lastFailure = { session, attempt };
    }
    for (const [channel, { delivery }] of channelsOf(session)) {
      if (delivery.state !== 'QUEUED' || delivery.waits) continue;
      const provider = delivery.provider ?? firstOf(session, channel);
      if (provider !== undefined) use(channel, provider).queuedSince.push(session.createdAt);
    }
  }
  return uses;
}

function newest(sessions: Collection<StoredSession>, workspace: string | undefined, since: number) {
  // Of all workspaces by the index of changes; of one by its ids, which have the time in them.
  const [filter, sort]: [Filter, Record<string, 1 | -1>] =
    workspace === undefined
      ? [{ changedAt: { $gte: new Date(since) } }, { changedAt: -1 }]
      : [{ _id: { $gte: `${workspace}/${firstIdAt(since)}`, $lt: `${workspace}0` } }, { _id: -1 }];
  return sessions.find(filter, { sort, limit: MOST_READ });
}
