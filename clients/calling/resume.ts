import { type CallOptions, Code, ConnectError } from '@connectrpc/connect';
import { readError } from '../errors/index.js';
import { jittered, pause } from './pause.js';

/** The service sends a response every 20 s; a stream without one for this long is dead, even if the connection looks open. */
const SILENCE_MS = 60_000;
/** Wait before a stream is resumed, milliseconds; doubled for each further stream without a response. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** Streams in a row without a response before the failure is passed to the caller: about two minutes. */
const MAX_EMPTY_STREAMS = 10;

/** How a stream is read. */
export interface ResumeOptions {
  /** Ends the reading: it then throws the signal's reason. Leaving the loop ends it too. */
  readonly signal?: AbortSignal | undefined;
  readonly headers?: HeadersInit | undefined;
}

/**
 * The responses of a stream, which is opened again at the last cursor whenever
 * it ends, for as long as they are read. Throws ConnectError: at once for a
 * refusal, after about two minutes for a transient failure.
 */
export async function* resumed<T extends { readonly cursor: string }>(
  open: (cursor: string, options: CallOptions) => AsyncIterable<T>,
  first: string,
  { signal, headers }: ResumeOptions,
): AsyncGenerator<T, void, void> {
  let cursor = first;
  for (let emptyStreams = 1; ; emptyStreams++) {
    signal?.throwIfAborted();
    const controller = new AbortController();
    const abort = () => controller.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    let failure = new ConnectError('the stream ended without a response', Code.Unavailable);
    try {
      // The service limits the length of a stream; the client's deadline does not apply.
      const stream = open(cursor, { signal: controller.signal, timeoutMs: 0, ...(headers && { headers }) });
      for await (const response of untilSilent(stream, controller)) {
        emptyStreams = 0;
        cursor = response.cursor;
        yield response;
      }
    } catch (thrown) {
      signal?.throwIfAborted();
      failure = ConnectError.from(thrown);
      if (!isTransient(failure)) throw failure;
    } finally {
      signal?.removeEventListener('abort', abort);
      controller.abort();
    }
    if (emptyStreams >= MAX_EMPTY_STREAMS) throw failure;
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** emptyStreams);
    await pause(Math.max(jittered(waitMs), readError(failure).retryAfterMs ?? 0), signal);
  }
}

/** The stream, aborted after SILENCE_MS without a response: a connection can break without an error. */
async function* untilSilent<T>(
  stream: AsyncIterable<T>,
  controller: AbortController,
): AsyncGenerator<T, void, void> {
  const responses = stream[Symbol.asyncIterator]();
  const silent = () =>
    controller.abort(new ConnectError('no response on the stream for too long', Code.Unavailable));
  for (;;) {
    const timer = setTimeout(silent, SILENCE_MS);
    try {
      const next = await responses.next();
      if (next.done) return;
      clearTimeout(timer);
      yield next.value;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A mistake of the caller stays one; a failure of the network or the service may not happen the next time. */
function isTransient(failure: ConnectError): boolean {
  const { reason, code } = readError(failure);
  if (reason !== 'UNKNOWN') return code === Code.Unavailable || code === Code.Internal;
  return !REFUSED.has(code);
}

/** Codes with which a proxy in front of the service refuses a call. */
const REFUSED: ReadonlySet<Code> = new Set([
  Code.InvalidArgument,
  Code.NotFound,
  Code.PermissionDenied,
  Code.Unauthenticated,
  Code.Unimplemented,
]);
