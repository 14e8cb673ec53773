import type { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import type { Handler } from '../call/call.js';
import { Failure } from '../errors.js';
import type { Clock } from '../platform/clock.js';
import { deliveryEvents, recording, sessionEvent } from '../session/history.js';
import { stopped } from '../session/messages.js';
import { channelsOf, OPEN } from '../session/status.js';
import type { StoredSession } from '../session/stored.js';
import type { Collection, Update } from '../store/documents.js';
import { lookUp } from './lookUp.js';
import { sessionToProto } from './toProto/sessionToProto.js';

/** Ends a session before its time. A cancelled session stays cancelled; an approved one stays approved. */
export function createCancelSession(
  sessions: Collection<StoredSession>,
  clock: Clock,
): Handler<typeof OtpService.method.cancelSession> {
  return async (call, request) => {
    const found = await lookUp(sessions, call, request.sessionId);
    for (let seen: StoredSession | null = found; seen; seen = await sessions.findOne({ _id: found._id })) {
      if (seen.status === 'CANCELED') return { session: sessionToProto(seen, clock.now(), true) };
      if (seen.status === 'APPROVED') {
        throw new Failure(seen.token?.redeemedAt ? 'SESSION_CONSUMED' : 'ALREADY_VERIFIED');
      }
      const canceled = await sessions.findOneAndUpdate(
        { _id: seen._id, rev: seen.rev, status: { $in: OPEN } },
        cancellation(seen, clock.now()),
      );
      if (canceled) return { session: sessionToProto(canceled, clock.now(), true) };
    }
    throw new Failure('SESSION_NOT_FOUND');
  };
}

function cancellation(seen: StoredSession, now: number): Update {
  const names = channelsOf(seen).map(([name]) => name);
  const done = stopped(seen.channels, names);
  const deliveries = [...done].map(([name, delivery]) => [`channels.${name}.delivery`, delivery]);
  const ended = [sessionEvent('session.canceled', now), ...deliveryEvents(seen.channels, done, now)];
  const history = recording(seen, ended, now);
  const at = new Date(now);
  return {
    $set: {
      status: 'CANCELED',
      canceledAt: at,
      eraseAt: at,
      ...Object.fromEntries(deliveries),
      ...history.set,
    },
    $unset: {
      deliverAt: '',
      expireAt: '',
      ...Object.fromEntries(names.map((name) => [`channels.${name}.codeHash`, '' as const])),
    },
    $inc: { rev: 1 },
    $push: { ...history.push },
  };
}
