import type { InboxService } from '../../../gen/otp/admin/v1/inbox_service_pb.js';
import type { StreamHandler } from '../../call/call.js';
import type { InboxMessage } from '../../delivery/vendors/inbox/messages.js';
import type { Serving } from '../../observe/readiness.js';
import { WATCH_LIMITS } from '../../otp/watch/limits.js';
import type { WatchQuota } from '../../otp/watch/quota.js';
import { untilLeft } from '../../otp/watch/untilLeft.js';
import { createWakeup } from '../../otp/watch/wakeup.js';
import { inboxFilter } from './inboxFilter.js';
import { messageToProto } from './toProto.js';
import { POLL_MS, type WaitDeps } from './waitForCode.js';

const HEARTBEAT_MS = WATCH_LIMITS.heartbeatSeconds * 1_000;
const LENGTH_MS = WATCH_LIMITS.lengthSeconds * 1_000;
/** Messages looked at each time: more do not arrive meanwhile where people look. */
const LATEST = 100;

/** Streams open at once: each reads the inbox several times a second. */
export const INBOX_WATCH_LIMITS = { perProcess: 20, perWorkspace: 20, perSession: 20 } as const;

interface Deps extends WaitDeps {
  readonly quota: WatchQuota;
  readonly serving: Pick<Serving, 'state' | 'subscribe'>;
}

type Watch = StreamHandler<typeof InboxService.method.watchInboxMessages>;

/** Streams messages as they arrive, those of other processes within a quarter of a second. */
export function createWatchInbox({ inbox: { messages }, clock, quota, serving }: Deps): Watch {
  return async function* watchInboxMessages(call, request) {
    const filter = {
      // What arrived in this millisecond may be new.
      after: clock.now() - 1,
      ...inboxFilter(request),
    };
    const seen = new Set<string>();
    const wakeup = createWakeup(clock);
    const release = [
      quota.take('inbox', 'inbox/watch'),
      messages.subscribe(wakeup.notify),
      serving.subscribe(wakeup.notify),
    ];
    return yield* untilLeft({ signal: call.signal, release, notify: wakeup.notify }, respond);

    async function* respond(): ReturnType<Watch> {
      const endAt = clock.now() + LENGTH_MS;
      let respondedAt = clock.now();
      yield {};
      for (;;) {
        for (const message of await unseen()) {
          respondedAt = clock.now();
          yield { message: await messageToProto(message) };
        }
        if (call.signal.aborted) return 'LEFT';
        if (serving.state() === 'stopping') return 'STOPPING';
        const now = clock.now();
        if (now >= endAt) return 'TOO_LONG';
        if (now - respondedAt >= HEARTBEAT_MS) {
          respondedAt = now;
          yield {};
        }
        await wakeup.wait(now + POLL_MS);
      }
    }

    /** Oldest first. */
    async function unseen(): Promise<InboxMessage[]> {
      const found = (await messages.find(filter, LATEST)).filter(({ id }) => !seen.has(id));
      for (const { id } of found) seen.add(id);
      return found.reverse();
    }
  };
}
