import { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import type { StreamHandler } from '../call/call.js';
import { type Registration, registerStream } from '../call/handlers.js';
import { createExpire, type Expire } from '../effects/expire.js';
import type { Logger } from '../observe/log.js';
import type { Serving } from '../observe/readiness.js';
import { createHub } from '../otp/watch/hub.js';
import { createWatchQuota } from '../otp/watch/quota.js';
import { createWatchSession } from '../otp/watchSession.js';
import type { Clock } from '../platform/clock.js';
import type { StoredSession } from '../session/stored.js';
import type { DecoratedStore } from './store.js';

interface Deps extends DecoratedStore {
  readonly serving: Serving;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What watches sessions. */
export interface Watching {
  readonly expire: Expire;
  readonly streams: readonly Registration<StreamHandler>[];
}

export function composeWatching({ documents, onSessionChange, serving, clock, log }: Deps): Watching {
  const sessions = documents.collection<StoredSession>('sessions');
  const hub = createHub(sessions, clock, log);
  onSessionChange((session) => hub.publish(session));
  const expire = createExpire(sessions, clock);
  const watchSession = createWatchSession({
    sessions,
    hub,
    expire,
    quota: createWatchQuota(),
    serving,
    clock,
  });
  return {
    expire,
    streams: [registerStream(OtpService.method.watchSession, watchSession)],
  };
}
