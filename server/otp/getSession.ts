import type { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import type { Handler } from '../call/call.js';
import type { Clock } from '../platform/clock.js';
import type { StoredSession } from '../session/stored.js';
import type { Collection } from '../store/documents.js';
import { lookUp } from './lookUp.js';
import { sessionToProto } from './toProto/sessionToProto.js';

/** Reads one session. */
export function createGetSession(
  sessions: Collection<StoredSession>,
  clock: Clock,
): Handler<typeof OtpService.method.getSession> {
  return async (call, request) => {
    const session = await lookUp(sessions, call, request.sessionId);
    return { session: sessionToProto(session, clock.now(), call.principal.sessionId === undefined) };
  };
}
