import {
  type OtpService,
  type ValidateRequest,
  ValidateRequestSchema,
} from '../../gen/otp/v1/otp_service_pb.js';
import type { Call, Handler } from '../call/call.js';
import { idOf } from '../store/documentId.js';
import { canonicalRequest } from './idempotency/canonicalRequest.js';
import { repeatable } from './idempotency/inSession.js';
import { lookUp } from './lookUp.js';
import { tokenToProto } from './toProto/tokenToProto.js';
import type { CheckedCodes } from './verify/checkCodes.js';
import { clientOf } from './verify/clientOf.js';
import { givenCodes } from './verify/givenCodes.js';
import { requireOperation } from './verify/requireOperation.js';
import type { VerifyDeps } from './verify.js';

/** Checks the code of a session with one channel and returns the verification token. */
export function createValidate(deps: VerifyDeps): Handler<typeof OtpService.method.validate> {
  const { sessions, checkUnread, replayOrCheck, fingerprints, events } = deps;
  return async (call, request) => {
    const checked = (await checkUnread(call, { codes: {}, ...request })) ?? (await checkRead(call, request));
    if (checked.session.eventsAt) events.offer(checked.session);
    return tokenToProto(deps.tokens, call.principal.workspace, checked.session);
  };

  async function checkRead(call: Call, request: ValidateRequest): Promise<CheckedCodes> {
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
    return replayOrCheck(call, session, given, repeat, { ...client, transaction });
  }
}
