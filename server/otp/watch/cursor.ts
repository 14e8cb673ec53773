import { invalid } from '../../errors.js';

const FORM = /^1 ([0-9a-f-]{36}) (\d{1,9})$/;

/**
 * How far a watcher is: the number of events of the session's history that it
 * has received. A history only grows, so the number is enough.
 */
export const writeCursor = (sessionId: string, seen: number): string =>
  Buffer.from(`1 ${sessionId} ${seen}`).toString('base64url');

/** The number of events received; 0 without a cursor. Throws INVALID_REQUEST for a cursor of another session. */
export function readCursor(cursor: string, sessionId: string): number {
  if (!cursor) return 0;
  const [, id, seen] = FORM.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (id !== sessionId) throw invalid('cursor', 'must be a cursor of this session');
  return Number(seen);
}
