import { timestampField } from '../../contract/timestampField.js';
import type { VerificationTokens } from '../../secrets/tokens/verificationToken.js';
import type { StoredSession } from '../../session/stored.js';
import { idOf } from '../../store/documentId.js';

/** The verification token of an approved session; nothing before. */
export function tokenToProto(tokens: VerificationTokens, workspace: string, session: StoredSession) {
  if (session.status !== 'APPROVED') return {};
  return {
    verificationToken: tokens.make(workspace, idOf(session)),
    ...timestampField('tokenExpiresAt', session.token?.expiresAt),
  };
}
