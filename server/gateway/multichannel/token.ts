import { z } from 'zod';
import { parseId } from '../../domain/ids.js';
import { invalid } from '../../errors.js';
import type { SessionTokens } from '../../secrets/tokens/sessionTokens.js';
import { oneGiven, optional } from '../shapes.js';

const named = (description: string) => optional(z.string().min(1)).describe(description);

/** How a request names its session: the document says `token`, the vendor's client `session_token`. */
export const tokenFields = {
  token: named('The token of send, or its session_id'),
  session_token: named('The same, under the name that the vendor’s client uses'),
  session_id: named('The session_id of send, in place of the token'),
};

/** What a schema adds to these: one of them is given. */
export const oneToken = oneGiven('token', 'session_token', 'session_id');

interface Named {
  readonly token?: string | undefined;
  readonly session_token?: string | undefined;
  readonly session_id?: string | undefined;
}

/** No session has this id. */
const UNKNOWN = 'unknown';

/**
 * The session a request is about. An id is taken for a token, too: the caller
 * has authenticated, and the vendor's client sends the id under the token's
 * name. A token that is not genuine names a session that does not exist, so that
 * it is refused where every unknown session is: after the caller has proved who
 * it is.
 */
export function sessionOf(
  { token, session_token, session_id }: Named,
  tokens: SessionTokens,
): { readonly sessionId: string; readonly token: string } {
  const given = token ?? session_token ?? session_id;
  if (given === undefined) throw invalid('token', 'is required');
  const sessionId = parseId(given) ?? tokens.verify(given)?.sessionId ?? UNKNOWN;
  return { sessionId, token: given };
}
