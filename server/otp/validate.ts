import { type OtpService, ValidateRequestSchema } from '../../gen/otp/v1/otp_service_pb.js';
import type { Handler } from '../call/call.js';
import { idOf } from '../store/documentId.js';
import { canonicalRequest } from './idempotency/canonicalRequest.js';
import { repeatable } from './idempotency/inSession.js';
import { lookUp } from './lookUp.js';
import { tokenToProto } from './toProto/tokenToProto.js';
import { clientOf } from './verify/clientOf.js';
import { givenCodes } from './verify/givenCodes.js';
import { requireOperation } from './verify/requireOperation.js';
import type { VerifyDeps } from './verify.js';

/** Checks the code of a session with one channel and returns the verification token. */
export function createValidate(deps: VerifyDeps): Handler<typeof OtpService.method.validate> {
  const { sessions, replayOrCheck, fingerprints, events } = deps;
  return async (call, request) => {
    const { workspace } = call.principal;
    const session = await lookUp(sessions, call, request.sessionId);
    const given = givenCodes({ code: request.code, codes: {} }, session);
    const repeat = repeatable(
      fingerprints,
      { workspace, method: 'Validate', requestId: request.requestId },
      () => canonicalRequest(ValidateRequestSchema, { ...request, sessionId: idOf(session) }),
    );
    const transaction = requireOperation(call, session, request.operation);
    const client = clientOf(fingerprints, call, { sessionId: session._id, deviceId: request.deviceId });
    const checked = await replayOrCheck(call, session, given, repeat, { ...client, transaction });
    events.offer(checked.session);
    return tokenToProto(deps.tokens, workspace, checked.session);
  };
}
