import { Code, ConnectError } from '@connectrpc/connect';
import type { HttpResponse } from '../http/message.js';

/** Tells the work on a call that nobody waits for it any more. */
export interface CallSignal {
  /** Aborts when the caller hangs up or its deadline passes; the reason is what the caller is told. */
  readonly signal: AbortSignal;
  /** The work is done: from now on nothing aborts. */
  over(): void;
}

/** The signal of one call. `timeoutMs`: the deadline the caller named, from now. */
export function callSignal(res: HttpResponse, timeoutMs: number | undefined): CallSignal {
  const controller = new AbortController();
  const abort = (message: string, code: Code) => controller.abort(new ConnectError(message, code));
  const late = () => abort('the operation timed out', Code.DeadlineExceeded);
  const gone = () => abort('the caller hung up', Code.Canceled);
  const timer = timeoutMs ? setTimeout(late, timeoutMs) : undefined;
  if (timeoutMs === 0) late();
  res.once('close', gone);
  return {
    signal: controller.signal,
    over() {
      clearTimeout(timer);
      res.off('close', gone);
    },
  };
}
