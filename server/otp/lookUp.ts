import type { Call } from '../call/call.js';
import { parseId } from '../domain/ids.js';
import { visibleTo } from '../domain/principal.js';
import { Failure, invalid } from '../errors.js';
import type { StoredSession } from '../session/stored.js';
import type { Collection } from '../store/documents.js';

/**
 * Finds the session a call is about. SESSION_NOT_FOUND alike for an id that is
 * malformed, unknown, of another workspace, of the other mode, or not the one a
 * session token opens.
 */
export async function lookUp(
  sessions: Collection<StoredSession>,
  call: Call,
  sessionId: string,
): Promise<StoredSession> {
  const { principal } = call;
  if (!sessionId && principal.sessionId === undefined) throw invalid('session_id', 'is required');
  const id = sessionId ? parseId(sessionId) : principal.sessionId;
  if (id === undefined || (principal.sessionId ?? id) !== id) throw new Failure('SESSION_NOT_FOUND');
  const session = await sessions.findOne({ _id: `${principal.workspace}/${id}` });
  if (!session || !visibleTo(principal, session)) throw new Failure('SESSION_NOT_FOUND');
  call.sessionId = id;
  return session;
}
