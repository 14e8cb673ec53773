import type { StoredSession } from '../../../session/stored.js';
import { type TimelineEntry, timelineOf } from '../timeline.js';
import type { TailListener } from './hub.js';
import { entriesAfter, type Position } from './position.js';

/** Entries that one round finds at most; the next round continues after them. */
const MOST_FOUND = 500;

/** Something that happened, and the session as it was read after it. */
export interface Found {
  readonly session: StoredSession;
  readonly entry: TimelineEntry;
  /** Where to continue after it. */
  readonly position: Position;
}

/** What a listener has found and not yet fetched. */
export interface Backlog extends TailListener {
  /** The next of what was found; undefined while there is nothing. */
  next(): Found | undefined;
  /** How far the listener is. */
  position(): Position;
}

interface Deps {
  readonly start: Position;
  readonly matches: (session: StoredSession) => boolean;
  readonly matchesEntry: (entry: TimelineEntry) => boolean;
  readonly most?: number;
  /** Called after each round that found something. */
  readonly notify: () => void;
}

/** Sorts what the rounds of a hub find for one listener. */
export function createBacklog({ start, matches, matchesEntry, notify, most = MOST_FOUND }: Deps): Backlog {
  let position = start;
  let collected = new Map<string, Found & { readonly index: number }>();
  let isCut = false;
  const ready: Found[] = [];
  /** Where everything in `ready` ends. */
  let readTo: Position | undefined;

  function inOrder(): Found[] {
    return [...collected.values()].sort(
      (a, b) =>
        a.entry.storedAt - b.entry.storedAt ||
        (a.session._id < b.session._id ? -1 : a.session._id > b.session._id ? 1 : a.index - b.index),
    );
  }

  return {
    from: () => (ready.length > 0 ? undefined : position.at),
    read(session, until) {
      if (!matches(session)) return;
      const timeline = timelineOf(session);
      for (const entry of entriesAfter(position, { session: session._id, timeline, until })) {
        if (!matchesEntry(entry)) continue;
        const last = { session: session._id, entry: entry.id };
        collected.set(`${session._id} ${entry.id}`, {
          session,
          entry,
          index: timeline.indexOf(entry),
          position: { at: entry.storedAt, last },
        });
      }
      if (collected.size <= 2 * most) return;
      // The earliest are kept; the rest is found again once those are fetched.
      isCut = true;
      collected = new Map(
        inOrder()
          .slice(0, most)
          .map((found) => [`${found.session._id} ${found.entry.id}`, found as never]),
      );
    },
    end(until) {
      const found = inOrder();
      const kept = found.slice(0, most);
      const rest = isCut || kept.length < found.length;
      ready.push(...kept);
      readTo = rest ? undefined : { at: until };
      collected = new Map();
      isCut = false;
      if (ready.length > 0) notify();
      else if (readTo && readTo.at > position.at) position = readTo;
    },
    next() {
      const found = ready.shift();
      if (!found) return undefined;
      // The last one of a round leads on to its end, so that nothing is read twice.
      position = ready.length === 0 && readTo && readTo.at > found.position.at ? readTo : found.position;
      return { ...found, position };
    },
    position: () => position,
  };
}
