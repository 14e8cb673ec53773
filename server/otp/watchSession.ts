import type { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import type { StreamHandler } from '../call/call.js';
import type { Expire } from '../effects/expire.js';
import type { Serving } from '../observe/readiness.js';
import type { Clock } from '../platform/clock.js';
import { isShown } from '../session/history.js';
import { isOver, missingEnd } from '../session/missingEnd.js';
import type { SessionEvent, StoredSession } from '../session/stored.js';
import { idOf, workspaceOf } from '../store/documentId.js';
import type { Collection } from '../store/documents.js';
import { lookUp } from './lookUp.js';
import { eventToProto } from './toProto/eventToProto.js';
import { sessionToProto } from './toProto/sessionToProto.js';
import { readCursor, writeCursor } from './watch/cursor.js';
import type { SessionHub } from './watch/hub.js';
import { WATCH_LIMITS } from './watch/limits.js';
import type { WatchPlaces } from './watch/quota.js';
import { createBell } from './watch/wakeup.js';

const HEARTBEAT_MS = WATCH_LIMITS.heartbeatSeconds * 1_000;
const LENGTH_MS = WATCH_LIMITS.lengthSeconds * 1_000;
/** Wait before a store that did not answer is asked again. */
const AGAIN_MS = 1_000;

interface Parts {
  readonly sessions: Collection<StoredSession>;
  readonly hub: SessionHub;
  readonly expire: Expire;
  readonly places: WatchPlaces;
  readonly serving: Pick<Serving, 'state' | 'subscribe'>;
  readonly clock: Clock;
}

type Watch = StreamHandler<typeof OtpService.method.watchSession>;

/**
 * Streams the history of a session as it grows. All that is kept for a reader is
 * the session as last heard of and a number, so a slow one costs no more than a
 * fast one.
 */
export function createWatchSession(parts: Parts): Watch {
  const { sessions, hub, expire, places, serving, clock } = parts;

  return async function* watchSession(call, request) {
    const found = await lookUp(sessions, call, request.sessionId);
    const { _id } = found;
    const bell = createBell(clock);
    let latest = found;
    let seen = Math.min(readCursor(request.cursor, idOf(found)), found.events.length);
    const hear = (session: StoredSession) => {
      const changed = session.rev > latest.rev;
      if (session.rev >= latest.rev) latest = session;
      if (changed) bell.ring();
    };
    const release = releasing([
      places.take(workspaceOf(found), _id),
      hub.follow(_id, hear),
      serving.subscribe(bell.ring),
    ]);
    const leave = () => {
      // Whoever reads this may never come back for the next response.
      release();
      bell.ring();
    };
    call.signal.addEventListener('abort', leave, { once: true });
    try {
      // What happened before anybody followed it.
      await refresh();
      return yield* respond();
    } finally {
      call.signal.removeEventListener('abort', leave);
      release();
    }

    async function* respond(): ReturnType<Watch> {
      const endAt = clock.now() + LENGTH_MS;
      let saidAt = clock.now();
      let askAt = 0;
      const response = (event: SessionEvent | undefined, final: boolean) => {
        saidAt = clock.now();
        return {
          ...(event && isShown(event) && { event: eventToProto(event) }),
          session: sessionToProto(latest, saidAt, call.principal.sessionId === undefined),
          cursor: writeCursor(idOf(latest), seen),
          final,
        };
      };
      // The session as it stands, unless the very first response is the last.
      if (nextShown(latest, seen) >= 0 || !isOver(latest, clock.now())) yield response(undefined, false);
      for (;;) {
        if (missingEnd(latest, clock.now()) && clock.now() >= askAt) {
          askAt = clock.now() + AGAIN_MS;
          await storeEnd();
        }
        const next = nextShown(latest, seen);
        seen = next < 0 ? latest.events.length : next + 1;
        const now = clock.now();
        const final = nextShown(latest, seen) < 0 && isOver(latest, now);
        if (final || next >= 0) {
          yield response(latest.events[next], final);
          if (final) return 'FINAL';
        } else if (call.signal.aborted) return 'LEFT';
        else if (serving.state() === 'stopping') return 'STOPPING';
        else if (now >= endAt) return 'TOO_LONG';
        else if (now >= saidAt + HEARTBEAT_MS) yield response(undefined, false);
        else
          await bell.rings(
            Math.min(endAt, saidAt + HEARTBEAT_MS, Math.max(latest.expiresAt.getTime(), askAt)),
          );
      }
    }

    async function storeEnd(): Promise<void> {
      try {
        await expire(latest);
        // Another process may have been faster.
        await refresh();
      } catch (error) {
        call.log.warn({ err: error, session: _id }, 'the end of a session cannot be stored; trying again');
      }
    }

    async function refresh(): Promise<void> {
      const session = await sessions.findOne({ _id });
      if (session) hear(session);
    }
  };
}

/** The place of the next event to be shown; -1 where there is none. */
function nextShown({ events }: StoredSession, from: number): number {
  for (let index = from; index < events.length; index++) if (isShown(events[index]!)) return index;
  return -1;
}

/** Undoes all of it, once. */
function releasing(steps: (() => void)[]): () => void {
  return () => {
    for (const step of steps.splice(0)) step();
  };
}
