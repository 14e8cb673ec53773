import { type OtpService, type VerifyRequest, VerifyRequestSchema } from '../../gen/otp/v1/otp_service_pb.js';
import type { Handler } from '../call/call.js';
import { when } from '../contract/timestampField.js';
import { type ChannelName, channelEnum, isChannelName } from '../domain/channels.js';
import { Failure, invalid } from '../errors.js';
import type { Clock } from '../platform/clock.js';
import type { Fingerprints } from '../secrets/fingerprints.js';
import type { VerificationTokens } from '../secrets/tokens/verificationToken.js';
import { channelsOf } from '../session/status.js';
import type { StoredSession } from '../session/stored.js';
import { idOf } from '../store/documentId.js';
import type { Collection } from '../store/documents.js';
import type { DueQueue } from '../store/dueQueue.js';
import { canonicalRequest } from './idempotency/canonicalRequest.js';
import { repeatable } from './idempotency/inSession.js';
import { lookUp } from './lookUp.js';
import { sessionToProto } from './toProto/sessionToProto.js';
import type { GivenCodes } from './verify/checkCodes.js';
import type { createCheckOnce } from './verify/replayOrCheck.js';

export interface VerifyParts {
  readonly sessions: Collection<StoredSession>;
  readonly checkOnce: ReturnType<typeof createCheckOnce>;
  readonly fingerprints: Fingerprints;
  readonly tokens: VerificationTokens;
  readonly events: Pick<DueQueue<StoredSession>, 'offer'>;
  readonly clock: Clock;
}

/** Checks one code, or one per channel. */
export function createVerify(parts: VerifyParts): Handler<typeof OtpService.method.verify> {
  const { sessions, checkOnce, fingerprints, events, clock } = parts;
  return async (call, request) => {
    const { workspace } = call.principal;
    const session = await lookUp(sessions, call, request.sessionId);
    const given = givenCodes(request, session);
    const repeat = repeatable(
      fingerprints,
      { workspace, method: 'Verify', requestId: request.requestId },
      () => canonicalRequest(VerifyRequestSchema, { ...request, sessionId: idOf(session) }),
    );
    const checked = await checkOnce(call, session, given, repeat);
    events.offer(checked.session);
    const withMetadata = call.principal.sessionId === undefined;
    return {
      session: sessionToProto(checked.session, clock.now(), withMetadata),
      results: checked.results.map(({ channel, result }) => ({ channel: channelEnum(channel), result })),
      ...tokenOf(parts.tokens, workspace, checked.session),
    };
  };
}

/** The codes of a request by channel; a code without a channel belongs to the only one there is. */
export function givenCodes(
  { code, codes }: Pick<VerifyRequest, 'code' | 'codes'>,
  session: StoredSession,
): GivenCodes {
  const byChannel = Object.entries(codes).filter((entry): entry is [ChannelName, string] =>
    isChannelName(entry[0]),
  );
  if (code && byChannel.length > 0) throw invalid('code', 'must not be given together with codes');
  if (byChannel.length > 0) return new Map(byChannel);
  if (!code) throw invalid('code', 'is required, or codes');
  const [only, ...others] = channelsOf(session);
  if (!only || others.length > 0)
    throw new Failure('CHANNEL_REQUIRED', { violations: [{ field: 'codes', description: 'is required' }] });
  return new Map([[only[0], code]]);
}

/** The verification token of an approved session; nothing before. */
export function tokenOf(tokens: VerificationTokens, workspace: string, session: StoredSession) {
  if (session.status !== 'APPROVED') return {};
  return {
    verificationToken: tokens.make(workspace, idOf(session)),
    ...when('tokenExpiresAt', session.token?.expiresAt),
  };
}
