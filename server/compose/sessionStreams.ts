import { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import type { StreamHandler } from '../call/call.js';
import { type Registration, registerStream } from '../call/handlers.js';
import type { Expire } from '../effects/expire.js';
import type { Logger } from '../observe/log.js';
import type { Serving } from '../observe/readiness.js';
import { createHub, type SessionHub } from '../otp/watch/hub.js';
import { createWatchQuota } from '../otp/watch/quota.js';
import { createWatchSession } from '../otp/watchSession.js';
import type { Clock } from '../platform/clock.js';
import type { StoredSession } from '../session/stored.js';
import type { DecoratedStore } from './store.js';

interface Deps extends DecoratedStore {
  readonly expire: Expire;
  readonly serving: Serving;
  readonly clock: Clock;
  readonly log: Logger;
}

interface SessionStreams {
  readonly hub: SessionHub;
  readonly streams: readonly Registration<StreamHandler>[];
}

/** The methods that respond with a stream. What is done to a session through this store reaches its watchers at once. */
export function composeSessionStreams(deps: Deps): SessionStreams {
  const { documents, onSessionChange, expire, serving, clock, log } = deps;
  const sessions = documents.collection<StoredSession>('sessions');
  const hub = createHub(sessions, clock, log);
  onSessionChange((session) => hub.publish(session));
  const watchSession = createWatchSession({
    sessions,
    hub,
    expire,
    quota: createWatchQuota(),
    serving,
    clock,
  });
  return { hub, streams: [registerStream(OtpService.method.watchSession, watchSession)] };
}
