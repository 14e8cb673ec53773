import { Code, ConnectError } from '@connectrpc/connect';
import type { HttpResponse } from '../http/message.js';

/** The cancellation signal of a call. */
export interface CallSignal {
  /** Aborts when the caller hangs up or its deadline passes; the reason is the error for the caller. */
  readonly signal: AbortSignal;
  /** Call when the work is done: the signal no longer aborts. */
  release(): void;
}

/** The signal of one call. `timeoutMs`: the caller's deadline, from now. */
export function callSignal(res: HttpResponse, timeoutMs: number | undefined): CallSignal {
  const controller = new AbortController();
  const abort = (message: string, code: Code) => controller.abort(new ConnectError(message, code));
  const timedOut = () => abort('the operation timed out', Code.DeadlineExceeded);
  const hungUp = () => abort('the caller hung up', Code.Canceled);
  const timer = timeoutMs ? setTimeout(timedOut, timeoutMs) : undefined;
  if (timeoutMs === 0) timedOut();
  res.once('close', hungUp);
  return {
    signal: controller.signal,
    release() {
      clearTimeout(timer);
      res.off('close', hungUp);
    },
  };
}
