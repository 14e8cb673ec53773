import { durationMs } from '@bufbuild/protobuf/wkt';
import type { GetLastCodeRequest } from '../../../gen/otp/admin/v1/inbox_service_pb.js';
import type { Call } from '../../call/call.js';
import type { Inbox } from '../../delivery/vendors/inbox/inbox.js';
import type { InboxMessage, InboxMessages } from '../../delivery/vendors/inbox/messages.js';
import { createWakeup } from '../../otp/watch/wakeup.js';
import type { Clock } from '../../platform/clock.js';
import { inboxFilter } from './inboxFilter.js';

/** How often the store is read for messages of other processes and for delayed ones. */
export const POLL_MS = 250;

export interface WaitDeps {
  readonly inbox: Inbox;
  readonly clock: Clock;
}

/** The newest message with a code, waited for as long as the request says; undefined where none arrives. */
export function createWaitForCode({ inbox: { messages }, clock }: WaitDeps) {
  return async (call: Call, request: GetLastCodeRequest): Promise<InboxMessage | undefined> => {
    const { wait } = request;
    const filter = inboxFilter(request);
    const until = clock.now() + (wait ? durationMs(wait) : 0);
    return whileChanging({ messages, clock, call }, async () => {
      const [newest] = await messages.find(filter, 1);
      return newest ?? (clock.now() >= until ? null : undefined);
    });
  };
}

interface Waiting {
  readonly messages: InboxMessages;
  readonly clock: Clock;
  readonly call: Call;
}

/** Looks again after each message, and now and then, until something is found, null ends it or the caller leaves. */
async function whileChanging<T>(
  { messages, clock, call }: Waiting,
  look: () => Promise<T | null | undefined>,
): Promise<T | undefined> {
  const wakeup = createWakeup(clock);
  const unsubscribe = messages.subscribe(wakeup.notify);
  call.signal.addEventListener('abort', wakeup.notify, { once: true });
  try {
    for (;;) {
      const found = await look();
      if (found) return found;
      if (found === null || call.signal.aborted) return undefined;
      await wakeup.wait(clock.now() + POLL_MS);
    }
  } finally {
    call.signal.removeEventListener('abort', wakeup.notify);
    unsubscribe();
  }
}
