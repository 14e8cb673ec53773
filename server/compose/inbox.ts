import { InboxService } from '../../gen/otp/admin/v1/inbox_service_pb.js';
import { createInboxHandlers } from '../admin/inbox/handlers.js';
import { createWatchInbox, INBOX_WATCH_LIMITS } from '../admin/inbox/watch.js';
import type { Handler, StreamHandler } from '../call/call.js';
import { type Registration, registerService, registerStream } from '../call/handlers.js';
import type { Previews } from '../delivery/previews.js';
import type { Inbox } from '../delivery/vendors/inbox/inbox.js';
import type { Serving } from '../observe/readiness.js';
import { createWatchQuota } from '../otp/watch/quota.js';
import type { Clock } from '../platform/clock.js';

interface Parts {
  /** The development inbox and its token; undefined in production. */
  readonly inbox: { readonly inbox: Inbox } | undefined;
  readonly previews: Previews;
  readonly serving: Serving;
  readonly clock: Clock;
}

interface InboxRpcs {
  readonly unary: readonly Registration<Handler>[];
  readonly streams: readonly Registration<StreamHandler>[];
}

/** InboxService, which does not exist in production. */
export function composeInbox({ inbox, previews, serving, clock }: Parts): InboxRpcs {
  if (!inbox) return { unary: [], streams: [] };
  const deps = { inbox: inbox.inbox, previews, serving, clock };
  const watch = createWatchInbox({ ...deps, quota: createWatchQuota(INBOX_WATCH_LIMITS) });
  return {
    unary: registerService(InboxService, createInboxHandlers(deps)),
    streams: [registerStream(InboxService.method.watchInboxMessages, watch)],
  };
}
