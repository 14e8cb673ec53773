import { invalid } from '../../../errors.js';
import type { TimelineEntry } from '../timeline.js';

/** How far a listener is in the order in which everything was stored. */
export interface Position {
  /** All that was stored before this millisecond has been seen. */
  readonly at: number;
  /** Of this millisecond, what has been seen; undefined: all of it. */
  readonly last?: { readonly session: string; readonly entry: string };
}

const FORM = /^1 (\d{1,15})(?: ([a-z0-9-]+\/[0-9a-f-]{36}) ([\w.-]{1,128}))?$/;

/** How long a cursor works. */
export const CURSOR_MS = 24 * 3_600_000;

export const writePosition = ({ at, last }: Position): string =>
  Buffer.from(`1 ${at}${last ? ` ${last.session} ${last.entry}` : ''}`).toString('base64url');

/** Reads a cursor. Throws INVALID_REQUEST for one that is not from here, or too old. */
export function readPosition(cursor: string, now: number): Position {
  const [, at, session, entry] = FORM.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (at === undefined) throw invalid('cursor', 'must be a cursor of this method');
  if (Number(at) < now - CURSOR_MS) throw invalid('cursor', 'must be no older than 24 hours');
  return { at: Number(at), ...(session && entry && { last: { session, entry } }) };
}

/**
 * The entries of a session that come after a position and were stored by `until`.
 * Those of one millisecond follow each other by session, and within a session as
 * its timeline has them.
 */
export function entriesAfter(
  { at, last }: Position,
  {
    session,
    timeline,
    until,
  }: {
    readonly session: string;
    readonly timeline: readonly TimelineEntry[];
    readonly until: number;
  },
): TimelineEntry[] {
  const seen = last?.session === session ? timeline.findIndex(({ id }) => id === last.entry) : -1;
  return timeline.filter(({ storedAt }, index) => {
    if (storedAt > until || storedAt < at) return false;
    if (storedAt > at) return true;
    return last !== undefined && (session === last.session ? index > seen : session > last.session);
  });
}
