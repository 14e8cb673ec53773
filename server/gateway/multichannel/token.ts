import { z } from 'zod';
import { invalid } from '../../errors.js';
import type { SessionTokens } from '../../secrets/tokens/sessionTokens.js';

/** How a request names its session: the document says `token`, the vendor's client `session_token`. */
export const tokenFields = {
  token: z.string().min(1).max(2048).optional().describe('The session_token of send'),
  session_token: z
    .string()
    .min(1)
    .max(2048)
    .optional()
    .describe('The same, under the name the vendor’s client uses'),
  session_id: z.string().min(1).max(128).optional().describe('The session_id of send, in place of the token'),
};

interface Named {
  readonly token?: string | undefined;
  readonly session_token?: string | undefined;
  readonly session_id?: string | undefined;
}

/** No session has this id. */
const UNKNOWN = 'unknown';

/**
 * The session a request is about. A token that is not genuine names a session
 * that does not exist, so that it is refused where every unknown session is:
 * after the caller has proved who it is.
 */
export function sessionOf(
  { token, session_token, session_id }: Named,
  tokens: SessionTokens,
): { readonly sessionId: string; readonly token: string } {
  const given = token ?? session_token;
  if (given !== undefined) return { sessionId: tokens.verify(given)?.sessionId ?? UNKNOWN, token: given };
  if (session_id === undefined) throw invalid('token', 'is required');
  return { sessionId: session_id, token: '' };
}
