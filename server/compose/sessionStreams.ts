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
import { type ChangeListener, notifyOnChange } from '../store/changeListener.js';
import type { Documents } from '../store/documents.js';

/** What it takes to watch sessions. */
export interface Watching {
  /** The documents for everybody: whatever is done to a session through them, its watchers and who counts hear of at once. */
  readonly documents: Documents;
  readonly expire: Expire;
  readonly streams: readonly Registration<StreamHandler>[];
}

export function composeWatching(
  store: Documents,
  heard: ChangeListener<StoredSession>,
  serving: Serving,
  clock: Clock,
  log: Logger,
): Watching {
  const hub = createHub(store.collection<StoredSession>('sessions'), clock, log);
  const documents = notifyOnChange<StoredSession>(store, 'sessions', (session, update) => {
    hub.publish(session);
    heard(session, update);
  });
  const sessions = documents.collection<StoredSession>('sessions');
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
    documents,
    expire,
    streams: [registerStream(OtpService.method.watchSession, watchSession)],
  };
}
