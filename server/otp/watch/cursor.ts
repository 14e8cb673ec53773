import { invalid } from '../../errors.js';

const FORM = /^1 ([0-9a-f-]{36}) (\d{1,9})$/;

/**
 * Where a watcher has got to: the events of a session's history that it need not
 * be told any more. A history only ever grows, so a number says it all.
 */
export const writeCursor = (sessionId: string, seen: number): string =>
  Buffer.from(`1 ${sessionId} ${seen}`).toString('base64url');

/** Throws INVALID_REQUEST for what is no cursor of this session. */
export function readCursor(cursor: string, sessionId: string): number {
  if (!cursor) return 0;
  const [, id, seen] = FORM.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (id !== sessionId) throw invalid('cursor', 'is not a cursor of this session');
  return Number(seen);
}
