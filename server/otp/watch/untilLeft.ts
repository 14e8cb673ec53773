import type { StreamEnd } from '../../call/call.js';

/** What a stream has while it lasts. */
interface Held {
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
  /** Give back what was taken, each once. */
  readonly release: readonly (() => void)[];
  /** Wakes the stream, so that it sees that its caller has left. */
  readonly notify: () => void;
}

/**
 * Runs a stream, and gives back what it has when it ends or its caller leaves,
 * whichever is first: the transport may never ask for the next response.
 */
export async function* untilLeft<T>(
  { signal, release, notify }: Held,
  respond: () => AsyncGenerator<T, StreamEnd, void>,
): AsyncGenerator<T, StreamEnd, void> {
  const held = [...release];
  const giveBack = () => {
    for (const step of held.splice(0)) step();
  };
  const onAbort = () => {
    giveBack();
    notify();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return yield* respond();
  } finally {
    signal.removeEventListener('abort', onAbort);
    giveBack();
  }
}
