import type { ChannelName } from '../domain/channels.js';
import { workspaceOf } from '../store/documentId.js';
import type { Collection, Filter, Update } from '../store/documents.js';
import { dueKey } from '../store/dueKey.js';
import { releaseFallback } from './fallback.js';
import { addHandled, addToHistory } from './history.js';
import { SESSION_LIMITS } from './limits.js';
import { deliveryEvents, earliestDue, fallbackMarks, withDeliveries } from './messages.js';
import type { StoredMark, StoredSession } from './stored.js';
import type { StoredDelivery } from './storedDelivery.js';
import type { SessionEvent } from './storedEvents.js';

/** Fields of a session that follow from everything else: only this file writes them. */
type Derived =
  | 'rev'
  | 'changedAt'
  | 'marks'
  | 'deliverAt'
  | 'deliverKey'
  | 'eventsAt'
  | 'eventsKey'
  | 'events'
  | 'eventsDone';

type Fields<V> = Readonly<Record<string, V>> & { readonly [Field in Derived]?: never };

/** One way in which a session changes: what is written, and what that relies on. */
export interface Change {
  /** When it happens, milliseconds. */
  readonly at: number;
  /** What must be true of the stored session besides the `rev` that was seen. */
  readonly guard?: Filter;
  readonly set?: Fields<unknown>;
  readonly unset?: readonly string[];
  readonly inc?: Fields<number>;
  /** Entries added to lists other than the history, of which the latest `keep` are kept. */
  readonly push?: Fields<{ readonly entry: unknown; readonly keep: number }>;
  /** Entries of such lists that are removed, by their ids. */
  readonly pull?: Fields<string>;
  /** The messages that replace those seen, by channel. */
  readonly messages?: ReadonlyMap<ChannelName, StoredDelivery>;
  /** What the timeline shows besides. That a message no longer waits for others follows from `messages`. */
  readonly marks?: readonly StoredMark[];
  /** What happened to the session. What happened to its messages follows from `messages`. */
  readonly events?: readonly SessionEvent[];
  /** Its events have no effects left for the worker, and none of earlier ones are pending. */
  readonly handled?: boolean;
}

/**
 * The fields that say when a session last changed. Time goes on only forwards,
 * so that a process whose clock is behind hides no change from those who read
 * what has changed since a time.
 */
export const changedAt = (at: number, seen?: Pick<StoredSession, 'changedAt'>) => ({
  changedAt: new Date(Math.max(at, seen?.changedAt?.getTime() ?? at)),
});

/**
 * The update that makes a change to the session seen. New messages release the
 * channels that waited for those they replace, add their events and refunds to
 * the history, and decide when the session is due next. Holds only for a stored
 * session that still has the `rev` seen.
 */
export function update(seen: StoredSession, change: Change): Update {
  const { at, events = [] } = change;
  const messages = change.messages?.size ? replaceMessages(seen, change.messages, at) : undefined;
  const all = [...events, ...(messages?.events ?? [])];
  const history = change.handled ? addHandled(seen, all) : addToHistory(seen, all, at);
  const set = Object.assign(changedAt(at, seen), change.set, messages?.set, history.set);
  const unset = [...(change.unset ?? []), ...(messages?.unset ?? [])];
  const lists = Object.entries(change.push ?? {}).map(([path, { entry, keep }]) => [
    path,
    { $each: [entry], $slice: -keep },
  ]);
  const marks = [...(change.marks ?? []), ...(messages?.marks ?? [])];
  const push = {
    ...Object.fromEntries(lists),
    ...(marks.length > 0 && { marks: { $each: marks, $slice: -SESSION_LIMITS.marks } }),
    ...history.push,
  };
  const pull = Object.entries(change.pull ?? {}).map(([path, id]) => [path, { id }]);
  return {
    $set: set,
    ...(unset.length > 0 && { $unset: Object.fromEntries(unset.map((path) => [path, '' as const])) }),
    $inc: { rev: 1, ...change.inc },
    ...(Object.keys(push).length > 0 && { $push: push }),
    ...(pull.length > 0 && { $pull: Object.fromEntries(pull) }),
  };
}

/** What new messages change: themselves, those that waited for them, when the session is due, and its history. */
function replaceMessages(
  { _id, channels }: StoredSession,
  messages: ReadonlyMap<ChannelName, StoredDelivery>,
  at: number,
) {
  const next = withDeliveries(channels, messages);
  const released = releaseFallback(next, at);
  const replaced = released.size > 0 ? new Map([...messages, ...released]) : messages;
  const deliverAt = earliestDue(released.size > 0 ? withDeliveries(next, released) : next);
  const deliveries = [...replaced].map(([name, delivery]) => [`channels.${name}.delivery`, delivery]);
  return {
    set: { ...Object.fromEntries(deliveries), ...(deliverAt && deliveryDue({ _id }, deliverAt)) },
    unset: deliverAt ? [] : ['deliverAt', 'deliverKey'],
    events: deliveryEvents(channels, replaced, at),
    marks: fallbackMarks(channels, replaced, at),
  };
}

/** The fields of a session whose messages are delivered at this time. */
const deliveryDue = ({ _id }: Pick<StoredSession, '_id'>, deliverAt: Date) => ({
  deliverAt,
  deliverKey: dueKey(workspaceOf({ _id }), deliverAt),
});

/** What a session holds at first, besides what follows from it. */
export type FirstContent = Omit<StoredSession, Derived>;

/** A session before it is stored for the first time: its content, to which is added what follows from it. */
export function firstRevision(
  content: FirstContent,
  at: number,
  events: readonly SessionEvent[] = [],
): StoredSession {
  const deliverAt = earliestDue(content.channels);
  return Object.assign(
    content,
    { rev: 0, ...changedAt(at), events, eventsDone: 0 },
    deliverAt && deliveryDue(content, deliverAt),
    addToHistory(content, events, at).set,
  );
}

/** A session that is not stored yet, with some of its messages replaced; they cause no events. */
export function withMessages(
  session: StoredSession,
  messages: ReadonlyMap<ChannelName, StoredDelivery>,
): StoredSession {
  const channels = withDeliveries(session.channels, messages);
  const deliverAt = earliestDue(channels);
  return { ...session, channels, ...(deliverAt && deliveryDue(session, deliverAt)) };
}

/** How `changeGuarded` ended: the session as it is stored, and whether this call changed it. */
export interface Changed {
  readonly session: StoredSession;
  readonly changed: boolean;
}

interface ChangeOptions {
  /**
   * The result may be worked out from what was seen, which the store then need not return: attempts that were
   * counted meanwhile are missing in it. `decide` has to recognise its own change in what it is given.
   */
  readonly workedOut?: boolean;
}

/**
 * Changes a stored session. `decide` returns the change to the session it is
 * given, or undefined to leave it. Nothing is written unless the session still
 * is what was decided on; otherwise it is read again and decided again. What
 * `decide` throws ends it. Undefined when the session does not exist any more.
 */
export async function changeGuarded(
  sessions: Collection<StoredSession>,
  found: StoredSession,
  decide: (seen: StoredSession) => Change | undefined | Promise<Change | undefined>,
  { workedOut = false }: ChangeOptions = {},
): Promise<Changed | undefined> {
  const { _id } = found;
  for (let seen: StoredSession | null = found; seen; seen = await sessions.findOne({ _id })) {
    const change = await decide(seen);
    if (!change) return { session: seen, changed: false };
    const session = await sessions.findOneAndUpdate(
      { ...change.guard, _id, rev: seen.rev },
      update(seen, change),
      workedOut ? seen : undefined,
    );
    if (session) return { session, changed: true };
  }
  return undefined;
}
