import type { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import type { Handler } from '../call/call.js';
import { Failure } from '../errors.js';
import type { Clock } from '../platform/clock.js';
import { changeGuarded } from '../session/change.js';
import { refusalOf } from '../session/status.js';
import type { StoredSession } from '../session/stored.js';
import { cancel } from '../session/transitions/cancel.js';
import type { Collection } from '../store/documents.js';
import { lookUp } from './lookUp.js';
import { sessionToProto } from './toProto/sessionToProto.js';

/** Ends a session before its time. A cancelled session stays cancelled; an approved one stays approved. */
export function createCancelSession(
  sessions: Collection<StoredSession>,
  clock: Clock,
): Handler<typeof OtpService.method.cancelSession> {
  return async (call, request) => {
    const found = await lookUp(sessions, call, request.sessionId);
    const canceled = await changeGuarded(sessions, found, (seen) => {
      if (seen.status === 'CANCELED') return undefined;
      if (seen.status === 'APPROVED') {
        throw new Failure(seen.token?.redeemedAt ? 'SESSION_CONSUMED' : 'ALREADY_VERIFIED');
      }
      const now = clock.now();
      if (call.cancelsOnlyOpen && refusalOf(seen, now)) return undefined;
      return cancel(seen, now, call.principal.client);
    });
    if (!canceled) throw new Failure('SESSION_NOT_FOUND');
    return { session: sessionToProto(canceled.session, clock.now(), true) };
  };
}
