import { CheckResult } from '../../../gen/otp/v1/otp_service_pb.js';
import type { Call } from '../../call/call.js';
import { CHANNELS } from '../../domain/channels.js';
import { Failure } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import { channelsOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';
import type { Collection } from '../../store/documents.js';
import type { Repeatable } from '../idempotency/inSession.js';
import type { Asking } from './checkCode.js';
import type { CheckedCodes, createCheckCodes, GivenCodes } from './checkCodes.js';

interface Deps {
  readonly sessions: Collection<StoredSession>;
  readonly checkCodes: ReturnType<typeof createCheckCodes>;
  readonly clock: Clock;
}

/**
 * Checks the codes of a call, or returns the response of this very request if it
 * has succeeded before. A request sent twice at once gets the same response
 * twice: the slower one finds what the faster one stored.
 */
export function createReplayOrCheck({ sessions, checkCodes, clock }: Deps) {
  return async (
    call: Call,
    session: StoredSession,
    given: GivenCodes,
    repeat: Repeatable | undefined,
    client: Omit<Asking, 'request'>,
  ): Promise<CheckedCodes> => {
    const before = repeat && replay(session, given, repeat);
    if (before) return before;
    try {
      const asking = { ...client, request: repeat?.record };
      return await checkCodes(session, given, asking, clock.now(), call.signal);
    } catch (thrown) {
      const meanwhile = repeat && isDone(thrown) && (await sessions.findOne({ _id: session._id }));
      const stored = meanwhile && replay(meanwhile, given, repeat);
      if (!stored) throw thrown;
      return stored;
    }
  };
}

const isDone = (thrown: unknown): boolean =>
  thrown instanceof Failure && (thrown.reason === 'ALREADY_VERIFIED' || thrown.reason === 'SESSION_CONSUMED');

/**
 * The response of a repeated success, rebuilt from what it stored in the
 * session; undefined if it stored nothing.
 */
function replay(session: StoredSession, given: GivenCodes, repeat: Repeatable): CheckedCodes | undefined {
  const verified = channelsOf(session).flatMap(([name, { verifiedBy }]) =>
    repeat.matches(verifiedBy) ? [name] : [],
  );
  const last = verified.at(-1);
  if (last === undefined) return undefined;
  const decided = session.approvedAt?.getTime() === session.channels[last]?.verifiedAt?.getTime();
  const results = CHANNELS.filter((name) => given.has(name)).map((channel) => {
    if (verified.includes(channel)) return { channel, result: CheckResult.VERIFIED };
    if (decided && CHANNELS.indexOf(channel) > CHANNELS.indexOf(last)) {
      return { channel, result: CheckResult.NOT_CHECKED };
    }
    const before = session.channels[channel]?.state === 'VERIFIED';
    return { channel, result: before ? CheckResult.ALREADY_VERIFIED : CheckResult.INVALID_CODE };
  });
  return { session, results };
}
