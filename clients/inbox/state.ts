import { Code, ConnectError } from '@connectrpc/connect';
import { computed, signal } from '@preact/signals';
import type { Chaos, InboxMessage } from '../../gen/otp/admin/v1/inbox_service_pb.js';
import type { Channel } from '../../gen/otp/v1/session_pb.js';
import { forgetToken, inbox, keepToken, token } from './api.js';

const PAGE = 100;
const POLL_MS = 3_000;

/** What the page shows. Undefined: nothing was loaded yet. */
export const messages = signal<readonly InboxMessage[] | undefined>(undefined);
export const chaos = signal<Chaos | undefined>(undefined);
export const problem = signal<ConnectError | undefined>(undefined);
/** Why the token was not taken; empty where it was. */
export const refusal = signal('');
export const query = signal('');
export const channel = signal<Channel>(0);
export const chosenId = signal(new URLSearchParams(location.search).get('message') ?? '');
/** Messages arrive as a stream; until it is open, and where it cannot be, they are polled. */
export const isLive = signal(false);

export const chosen = computed(
  () => messages.value?.find(({ id }) => id === chosenId.value) ?? messages.value?.[0],
);
export const isFiltered = computed(() => query.value !== '' || channel.value !== 0);
export const hasChaos = computed(() =>
  Boolean(
    chaos.value?.channels.some(
      ({ refusePercent, dropPercent, delayPercent }) => refusePercent + dropPercent + delayPercent > 0,
    ),
  ),
);

/** Keeps the choice in the URL; an id says nothing about its message. */
export function choose(id: string): void {
  chosenId.value = id;
  history.replaceState(null, '', id ? `?message=${id}` : location.pathname);
}

/** Moves the choice by some messages. */
export function move(by: number): void {
  const all = messages.peek() ?? [];
  const at = all.findIndex(({ id }) => id === chosen.peek()?.id);
  const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
  if (next) choose(next.id);
}

/** Runs a call. A token that is not taken leads back to the form, any other error is shown. */
export async function guarded<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    const result = await call();
    problem.value = undefined;
    return result;
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    if (error.code === Code.Unauthenticated || error.code === Code.PermissionDenied) {
      refusal.value = 'This is not the token of this inbox.';
      messages.value = undefined;
      forgetToken();
    } else problem.value = error;
    return undefined;
  }
}

export async function enter(text: string): Promise<void> {
  refusal.value = '';
  keepToken(text);
  await load();
}

/** Reads what the filters name. */
export async function load(): Promise<void> {
  if (!token.peek()) return;
  const asked = { query: query.peek(), channel: channel.peek() };
  const found = await guarded(() => inbox.listInboxMessages({ pageSize: PAGE, ...asked }));
  const isAsked = asked.query === query.peek() && asked.channel === channel.peek();
  if (found && isAsked) messages.value = found.messages;
}

export async function loadChaos(): Promise<void> {
  const found = await guarded(() => inbox.getChaos({}));
  if (found) chaos.value = found.chaos;
}

/** Follows the inbox until the returned function is called; `arrived` is called for each new message. */
export function follow(arrived: (message: InboxMessage) => void): () => void {
  const leaving = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = async () => {
    try {
      const options = { signal: leaving.signal, timeoutMs: 0 };
      for await (const { message } of inbox.watchInboxMessages({}, options)) {
        if (!isLive.peek()) {
          isLive.value = true;
          await load();
        }
        if (!message) continue;
        await load();
        arrived(message);
      }
    } catch {
      // The service stops or has too many streams: polled meanwhile.
    }
    isLive.value = false;
    if (leaving.signal.aborted) return;
    await load();
    timer = setTimeout(run, POLL_MS);
  };
  void run();
  return () => {
    leaving.abort();
    clearTimeout(timer);
  };
}
