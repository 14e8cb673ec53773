import type { DescMethod } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { Code, type Interceptor } from '@connectrpc/connect';
import { VerificationTokenService } from '../../gen/otp/v1/verification_token_service_pb.js';
import { readError } from '../errors/index.js';
import { jittered, pause } from './pause.js';
import { takesRequestId, withRequestId } from './requestId.js';

/** Times a call is tried before its failure is the caller's. */
const TRIES = 3;
/** Wait before the second try where the server names none, milliseconds; doubled for each further one. */
const FIRST_WAIT_MS = 100;
/** Whoever is told to wait longer than this is told so instead. */
const LONGEST_WAIT_MS = 5_000;

/** What ends a call before its tries do. */
interface Bounds {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds since the epoch. */
  readonly deadline?: number | undefined;
}

/**
 * Whether a call may be made again without knowing what became of it: it reads
 * only, or it carries a request id. Verify and Validate are neither: a wrong
 * guess made twice costs two attempts.
 */
export function isRepeatable(method: DescMethod): boolean {
  return (
    method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS ||
    // Changes nothing either, but must not be marked so: then it could be a GET, with the token in the address.
    method === VerificationTokenService.method.introspect ||
    takesRequestId(method)
  );
}

/**
 * Runs `attempt` until it succeeds or repeating makes no sense. Repeated is
 * UNAVAILABLE (too busy, store away, connection lost), after the wait the server
 * asks for, and what that can lead to: an earlier try that is still under way.
 */
export async function repeat<T>(
  attempt: () => Promise<T>,
  { signal, deadline = Infinity }: Bounds,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (thrown) {
      const { code, reason, retryAfterMs } = readError(thrown);
      const mayPass = code === Code.Unavailable || reason === 'REQUEST_IN_PROGRESS';
      const waitMs = retryAfterMs ?? jittered(FIRST_WAIT_MS * 2 ** (tried - 1));
      const inVain = waitMs > LONGEST_WAIT_MS || Date.now() + waitMs >= deadline;
      if (!mayPass || tried === TRIES || inVain || signal?.aborted) throw thrown;
      await pause(waitMs, signal);
    }
  }
}

/** Repeats the calls for which that is safe, under a request id where they need one. */
export const repeating: Interceptor = (next) => async (req) => {
  if (req.stream || !isRepeatable(req.method)) return next(req);
  const { method, signal } = req;
  const message = takesRequestId(method) ? withRequestId(method.input, req.message) : req.message;
  return repeat(() => next({ ...req, message }), { signal });
};
