import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Client, Code, ConnectError } from '@connectrpc/connect';
import type {
  OtpService,
  WatchSessionRequestSchema,
  WatchSessionResponse,
} from '../../gen/otp/v1/otp_service_pb.js';
import { readError } from '../errors/index.js';
import { jittered, pause } from './pause.js';

/** The service says something every 20 s; a stream silent for this long is dead, whatever the network says. */
const SILENCE_MS = 60_000;
/** Wait before a stream is taken up again, milliseconds; doubled for each further one that brings nothing. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** Streams in a row that may bring nothing before their failure is the caller's: some two minutes. */
const TRIES = 10;

/** What a watch may be given. */
export interface WatchOptions {
  /** Ends the watch: it then throws the signal's reason. Leaving the loop ends it too. */
  readonly signal?: AbortSignal;
  readonly headers?: HeadersInit;
}

/**
 * Everything that happens to a session, each event once and in order, until the
 * session is over. First comes the session as it stands, without an event. The
 * stream is taken up again by itself where it ended early, whichever process
 * answers then. Throws ConnectError: a refusal at once, what may pass after some
 * two minutes of trying.
 */
export async function* watchSession(
  client: Pick<Client<typeof OtpService>, 'watchSession'>,
  request: MessageInitShape<typeof WatchSessionRequestSchema>,
  { signal, headers }: WatchOptions = {},
): AsyncGenerator<WatchSessionResponse, void, void> {
  let cursor = request.cursor ?? '';
  let begun = false;
  for (let inVain = 1; ; inVain++) {
    signal?.throwIfAborted();
    const attempt = new AbortController();
    const leave = () => attempt.abort(signal?.reason);
    signal?.addEventListener('abort', leave, { once: true });
    let failure = new ConnectError('the stream ended before it said anything', Code.Unavailable);
    try {
      // Its length is the service's to say; no deadline of the client's applies.
      const options = { signal: attempt.signal, timeoutMs: 0, ...(headers && { headers }) };
      const stream = client.watchSession({ ...request, cursor }, options);
      for await (const response of untilSilent(stream, attempt)) {
        inVain = 0;
        cursor = response.cursor;
        if (response.event || !begun) yield response;
        begun = true;
        if (response.final) return;
      }
    } catch (thrown) {
      signal?.throwIfAborted();
      failure = ConnectError.from(thrown);
      if (!mayPass(failure)) throw failure;
    } finally {
      signal?.removeEventListener('abort', leave);
      attempt.abort();
    }
    if (inVain >= TRIES) throw failure;
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** inVain);
    await pause(Math.max(jittered(waitMs), readError(failure).retryAfterMs ?? 0), signal);
  }
}

/** The stream, cut off once it is waited for too long: a connection can die without a word. */
async function* untilSilent<T>(
  stream: AsyncIterable<T>,
  attempt: AbortController,
): AsyncGenerator<T, void, void> {
  const responses = stream[Symbol.asyncIterator]();
  const silent = () => attempt.abort(new ConnectError('the stream fell silent', Code.Unavailable));
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

/** What the caller did wrong stays wrong; anything that happened on the way may be over the next time. */
function mayPass(failure: ConnectError): boolean {
  const { reason, code } = readError(failure);
  if (reason !== 'UNKNOWN') return code === Code.Unavailable || code === Code.Internal;
  return !REFUSED.has(code);
}

/** Codes with which a proxy refuses in the service's place. */
const REFUSED: ReadonlySet<Code> = new Set([
  Code.InvalidArgument,
  Code.NotFound,
  Code.PermissionDenied,
  Code.Unauthenticated,
  Code.Unimplemented,
]);
