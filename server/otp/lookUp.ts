import type { IntrospectRequest } from '../../gen/otp/v1/verification_token_service_pb.js';
import type { Call } from '../call/call.js';
import { parseId } from '../domain/ids.js';
import { visibleTo } from '../domain/principal.js';
import { Failure, invalid } from '../errors.js';
import type { VerificationTokens } from '../secrets/tokens/verificationToken.js';
import type { StoredSession } from '../session/stored.js';
import { idOf } from '../store/documentId.js';
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

/** A session that was approved: it has a token. */
export type ApprovedSession = StoredSession & Required<Pick<StoredSession, 'token'>>;

interface LookUpProvenDeps {
  readonly sessions: Collection<StoredSession>;
  readonly tokens: VerificationTokens;
}

/** What names the session: its token, or for those that may redeem, its id. */
type Proven = Pick<IntrospectRequest, 'verificationToken' | 'acceptSandbox'> & {
  readonly sessionId?: string;
};

/**
 * Finds the session a verification token proves. TOKEN_NOT_FOUND alike for a
 * token that is malformed, invented, of another workspace, or of the sandbox
 * where that was not asked for: a sandbox proof never satisfies a live check.
 */
export async function lookUpProven(
  { sessions, tokens }: LookUpProvenDeps,
  call: Call,
  { verificationToken, sessionId = '', acceptSandbox }: Proven,
): Promise<ApprovedSession> {
  const { principal } = call;
  const id = sessionId ? parseId(sessionId) : tokens.check(principal.workspace, verificationToken);
  const session = id === undefined ? null : await sessions.findOne({ _id: `${principal.workspace}/${id}` });
  if (session?.status !== 'APPROVED' || !session.token || !visibleTo(principal, session)) {
    throw new Failure('TOKEN_NOT_FOUND');
  }
  const isUnwanted = session.mode === 'test' && principal.mode === 'live' && !acceptSandbox;
  if (isUnwanted) throw new Failure('TOKEN_NOT_FOUND');
  call.sessionId = idOf(session);
  return { ...session, token: session.token };
}
