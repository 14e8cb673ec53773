import type { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import type { StreamHandler } from '../call/call.js';
import type { Expire } from '../effects/expire.js';
import type { Serving } from '../observe/readiness.js';
import type { Clock } from '../platform/clock.js';
import { isShown } from '../session/history.js';
import { hasEnded, missingEnd } from '../session/missingEnd.js';
import type { StoredSession } from '../session/stored.js';
import type { SessionEvent } from '../session/storedEvents.js';
import { idOf, workspaceOf } from '../store/documentId.js';
import type { Collection } from '../store/documents.js';
import { lookUp } from './lookUp.js';
import { eventToProto } from './toProto/eventToProto.js';
import { sessionToProto } from './toProto/sessionToProto.js';
import { readCursor, writeCursor } from './watch/cursor.js';
import type { SessionHub } from './watch/hub.js';
import { WATCH_LIMITS } from './watch/limits.js';
import type { WatchQuota } from './watch/quota.js';
import { untilLeft } from './watch/untilLeft.js';
import { createWakeup } from './watch/wakeup.js';

const HEARTBEAT_MS = WATCH_LIMITS.heartbeatSeconds * 1_000;
const LENGTH_MS = WATCH_LIMITS.lengthSeconds * 1_000;
/** Wait before the end of a session that could not be stored is stored again. */
const RETRY_MS = 1_000;

interface Deps {
  readonly sessions: Collection<StoredSession>;
  readonly hub: SessionHub;
  readonly expire: Expire;
  readonly quota: WatchQuota;
  readonly serving: Pick<Serving, 'state' | 'subscribe'>;
  readonly clock: Clock;
}

type Watch = StreamHandler<typeof OtpService.method.watchSession>;

/**
 * Streams the history of a session as it grows. All that is kept for a watcher is
 * the newest state of the session and a number, so a slow one costs no more than
 * a fast one.
 */
export function createWatchSession(deps: Deps): Watch {
  const { sessions, hub, expire, quota, serving, clock } = deps;

  return async function* watchSession(call, request) {
    const found = await lookUp(sessions, call, request.sessionId);
    const { _id } = found;
    const wakeup = createWakeup(clock);
    let latest = found;
    let seen = Math.min(readCursor(request.cursor, idOf(found)), found.events.length);
    const receive = (session: StoredSession) => {
      const changed = session.rev > latest.rev;
      if (session.rev >= latest.rev) latest = session;
      if (changed) wakeup.notify();
    };
    const release = [
      quota.take(workspaceOf(found), _id),
      hub.subscribe(_id, receive),
      serving.subscribe(wakeup.notify),
    ];
    return yield* untilLeft({ signal: call.signal, release, notify: wakeup.notify }, respond);

    async function* respond(): ReturnType<Watch> {
      // What happened before the subscription.
      await refresh();
      const endAt = clock.now() + LENGTH_MS;
      let respondedAt = clock.now();
      let retryAt = 0;
      const response = (event: SessionEvent | undefined, final: boolean) => {
        respondedAt = clock.now();
        return {
          ...(event && isShown(event) && { event: eventToProto(event) }),
          session: sessionToProto(latest, respondedAt, call.principal.sessionId === undefined),
          cursor: writeCursor(idOf(latest), seen),
          final,
        };
      };
      // The current session, unless the very first response is the final one.
      if (nextShown(latest, seen) >= 0 || !hasEnded(latest, clock.now())) yield response(undefined, false);
      for (;;) {
        if (missingEnd(latest, clock.now()) && clock.now() >= retryAt) {
          retryAt = clock.now() + RETRY_MS;
          await storeEnd();
        }
        const next = nextShown(latest, seen);
        seen = next < 0 ? latest.events.length : next + 1;
        const now = clock.now();
        const final = nextShown(latest, seen) < 0 && hasEnded(latest, now);
        if (final || next >= 0) {
          yield response(latest.events[next], final);
          if (final) return 'FINAL';
        } else if (call.signal.aborted) return 'LEFT';
        else if (serving.state() === 'stopping') return 'STOPPING';
        else if (now >= endAt) return 'TOO_LONG';
        else if (now >= respondedAt + HEARTBEAT_MS) yield response(undefined, false);
        else
          await wakeup.wait(
            Math.min(endAt, respondedAt + HEARTBEAT_MS, Math.max(latest.expiresAt.getTime(), retryAt)),
          );
      }
    }

    async function storeEnd(): Promise<void> {
      try {
        await expire(latest);
        // Another process may have stored it first.
        await refresh();
      } catch (error) {
        call.log.warn({ err: error, session: _id }, 'the end of a session cannot be stored; will retry');
      }
    }

    async function refresh(): Promise<void> {
      const session = await sessions.findOne({ _id });
      if (session) receive(session);
    }
  };
}

/** The index of the next event to be shown; -1 where there is none. */
function nextShown({ events }: StoredSession, from: number): number {
  for (let index = from; index < events.length; index++) if (isShown(events[index]!)) return index;
  return -1;
}
