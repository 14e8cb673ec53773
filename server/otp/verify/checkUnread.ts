import type { VerifyRequest } from '../../../gen/otp/v1/otp_service_pb.js';
import { CheckResult } from '../../../gen/otp/v1/otp_service_pb.js';
import type { Call } from '../../call/call.js';
import { isChannelName } from '../../domain/channels.js';
import { readCode } from '../../domain/codes.js';
import { parseId } from '../../domain/ids.js';
import { Failure } from '../../errors.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { HashPool } from '../../secrets/hashing/hashPool.js';
import type { CheckCode } from './checkCode.js';
import { type CheckedCodes, invalidCode, type OnChecked } from './checkCodes.js';
import { clientOf } from './clientOf.js';

interface Deps {
  readonly checkCode: Pick<CheckCode, 'unread'>;
  readonly pool: HashPool;
  readonly checked: OnChecked;
  readonly fingerprints: Fingerprints;
}

/** What a call asks to be checked, before its session is looked up. */
type Asked = Pick<VerifyRequest, 'sessionId' | 'code' | 'codes' | 'requestId' | 'deviceId' | 'operation'>;

/**
 * Checks one code of a session with one channel without looking the session up:
 * the reservation itself states what must be true of it. Undefined where it was
 * not; then nothing was counted, and the way that reads the session finds out why.
 */
export function createCheckUnread({ checkCode, pool, checked, fingerprints }: Deps) {
  return async (call: Call, asked: Asked): Promise<CheckedCodes | undefined> => {
    const { workspace, mode, client, sessionId: own } = call.principal;
    const id = asked.sessionId ? parseId(asked.sessionId) : own;
    const given = onlyCode(asked);
    // The response of a repeated request is in the session, and so is the operation that the code was made for.
    if (asked.requestId || asked.operation || !given || id === undefined || (own ?? id) !== id)
      return undefined;
    const session = {
      _id: `${workspace}/${id}`,
      // A test key sees sandbox sessions only.
      mode: mode === 'test' ? mode : undefined,
      channel: given.channel,
    };
    const asking = {
      ...clientOf(fingerprints, call, { sessionId: session._id, deviceId: asked.deviceId }),
      request: undefined,
      transaction: undefined,
    };
    // Whose key opened the session is not known yet: holders of session tokens share one place of their own.
    const requester = { workspace, client: own === undefined ? client : HOLDERS };
    const slot = pool.enter(requester, call.signal);
    try {
      const done = await checkCode.unread(slot, session, given.code, asking);
      if (!done) return undefined;
      call.sessionId = id;
      checked(done.session, done.channel, done.result);
      if (done.result === 'ALREADY_VERIFIED') throw new Failure('ALREADY_VERIFIED');
      if (done.result === 'VERIFIED')
        return { session: done.session, results: [{ channel: done.channel, result: CheckResult.VERIFIED }] };
      const { reason, details } = invalidCode(done.session, done.channel);
      throw new Failure(reason, { ...details, attemptsRemaining: done.session.attemptsLeft });
    } finally {
      slot.leave();
    }
  };
}

/** No key has this name. */
const HOLDERS = 'session tokens';

/** The code of a call that has one, and the channel it is given for; undefined where there is not exactly one. */
function onlyCode({ code, codes }: Pick<Asked, 'code' | 'codes'>) {
  const [named, ...others] = Object.entries(codes);
  const read = readCode(named ? named[1] : code);
  if (!read || others.length > 0) return undefined;
  if (!named) return { code: read, channel: undefined };
  const [channel] = named;
  return isChannelName(channel) && !readCode(code) ? { code: read, channel } : undefined;
}
