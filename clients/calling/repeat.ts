import type { DescMethod } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { Code, type Interceptor } from '@connectrpc/connect';
import { VerificationTokenService } from '../../gen/otp/v1/verification_token_service_pb.js';
import { readError } from '../errors/index.js';
import { jittered, pause } from './pause.js';
import { takesRequestId, withRequestId } from './requestId.js';

/** How often a call is made before its failure is passed to the caller. */
const MAX_CALLS = 3;
/** Wait before the second call where the server asks for none, milliseconds; doubled for each further one. */
const FIRST_WAIT_MS = 100;
/** If the server asks for a longer wait, milliseconds, the failure is passed to the caller. */
const LONGEST_WAIT_MS = 5_000;

/** What ends the repeating early. */
interface Bounds {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds since the epoch. */
  readonly deadline?: number | undefined;
}

/**
 * Whether a call may be repeated without knowing its result: it only reads, or
 * it has a request id. Verify and Validate are neither: a wrong code sent twice
 * costs two attempts.
 */
export function isRepeatable(method: DescMethod): boolean {
  return (
    method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS ||
    // Changes nothing either, but must not be marked so: then it could be a GET, with the token in the URL.
    method === VerificationTokenService.method.introspect ||
    takesRequestId(method)
  );
}

/**
 * Runs `call` until it succeeds or repeating cannot help. A call is repeated
 * after UNAVAILABLE (overloaded, store not reachable, connection lost), once the
 * wait that the server asks for has passed, and after REQUEST_IN_PROGRESS, which
 * means that an earlier call with the same request id is still running.
 */
export async function repeat<T>(call: () => Promise<T>, { signal, deadline = Infinity }: Bounds): Promise<T> {
  for (let calls = 1; ; calls++) {
    try {
      return await call();
    } catch (thrown) {
      const { code, reason, retryAfterMs } = readError(thrown);
      const isTransient = code === Code.Unavailable || reason === 'REQUEST_IN_PROGRESS';
      const waitMs = retryAfterMs ?? jittered(FIRST_WAIT_MS * 2 ** (calls - 1));
      const isTooLong = waitMs > LONGEST_WAIT_MS || Date.now() + waitMs >= deadline;
      if (!isTransient || calls === MAX_CALLS || isTooLong || signal?.aborted) throw thrown;
      await pause(waitMs, signal);
    }
  }
}

/** Repeats the calls that are safe to repeat, with a request id where they need one. */
export const repeating: Interceptor = (next) => async (req) => {
  if (req.stream || !isRepeatable(req.method)) return next(req);
  const { method, signal } = req;
  const message = takesRequestId(method) ? withRequestId(method.input, req.message) : req.message;
  return repeat(() => next({ ...req, message }), { signal });
};
