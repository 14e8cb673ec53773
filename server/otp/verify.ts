import { type OtpService, type VerifyRequest, VerifyRequestSchema } from '../../gen/otp/v1/otp_service_pb.js';
import type { Call, Handler } from '../call/call.js';
import { channelEnum } from '../domain/channels.js';
import type { Clock } from '../platform/clock.js';
import type { Fingerprints } from '../secrets/fingerprints.js';
import type { VerificationTokens } from '../secrets/tokens/verificationToken.js';
import type { StoredSession } from '../session/stored.js';
import { idOf } from '../store/documentId.js';
import type { Collection } from '../store/documents.js';
import type { DueQueue } from '../store/dueQueue.js';
import { canonicalRequest } from './idempotency/canonicalRequest.js';
import { repeatable } from './idempotency/inSession.js';
import { lookUp } from './lookUp.js';
import { sessionToProto } from './toProto/sessionToProto.js';
import { tokenToProto } from './toProto/tokenToProto.js';
import type { CheckedCodes } from './verify/checkCodes.js';
import type { createCheckUnread } from './verify/checkUnread.js';
import { clientOf } from './verify/clientOf.js';
import { givenCodes } from './verify/givenCodes.js';
import type { createReplayOrCheck } from './verify/replayOrCheck.js';
import { requireOperation } from './verify/requireOperation.js';

/** What Verify and Validate need. */
export interface VerifyDeps {
  readonly sessions: Collection<StoredSession>;
  readonly checkUnread: ReturnType<typeof createCheckUnread>;
  readonly replayOrCheck: ReturnType<typeof createReplayOrCheck>;
  readonly fingerprints: Fingerprints;
  readonly tokens: VerificationTokens;
  readonly events: Pick<DueQueue<StoredSession>, 'offer'>;
  readonly clock: Clock;
}

/** Checks one code, or one per channel. */
export function createVerify(deps: VerifyDeps): Handler<typeof OtpService.method.verify> {
  const { sessions, checkUnread, replayOrCheck, fingerprints, events, clock } = deps;
  return async (call, request) => {
    const { workspace } = call.principal;
    const checked = (await checkUnread(call, request)) ?? (await checkRead(call, request));
    if (checked.session.eventsAt) events.offer(checked.session);
    const withMetadata = call.principal.sessionId === undefined;
    return {
      session: sessionToProto(checked.session, clock.now(), withMetadata),
      results: checked.results.map(({ channel, result }) => ({ channel: channelEnum(channel), result })),
      ...tokenToProto(deps.tokens, workspace, checked.session),
    };
  };

  async function checkRead(call: Call, request: VerifyRequest): Promise<CheckedCodes> {
    const { workspace } = call.principal;
    const session = await lookUp(sessions, call, request.sessionId);
    const given = givenCodes(request, session);
    const repeat = repeatable(
      fingerprints,
      { workspace, method: 'Verify', requestId: request.requestId },
      () => canonicalRequest(VerifyRequestSchema, { ...request, sessionId: idOf(session) }),
    );
    const transaction = requireOperation(call, session, request.operation);
    const client = clientOf(fingerprints, call, { sessionId: session._id, deviceId: request.deviceId });
    return replayOrCheck(call, session, given, repeat, { ...client, transaction });
  }
}
