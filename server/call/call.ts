import type { DescMethod, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { Principal } from '../domain/principal.js';
import type { RateLimit } from '../domain/rateLimit.js';
import type { Logger } from '../observe/log.js';
import type { Span } from '../observe/tracing.js';

/** What a door knows about a call before the pipeline runs. */
export interface Envelope {
  /** Which door it came in by, for the log. */
  readonly door: string;
  /** The API key or token as presented, without "Bearer". */
  readonly credential?: string | undefined;
  /** The Origin header of a browser. */
  readonly origin?: string | undefined;
  /** Address of the caller, trusted proxies resolved. */
  readonly peer: string;
  /** The caller's own id for this request, if it sent an acceptable one. */
  readonly requestId?: string | undefined;
  /** The trace that the caller is in, as it wrote it (https://www.w3.org/TR/trace-context/). */
  readonly traceparent?: string | undefined;
  /** Aborted when the caller goes away or its deadline passes. */
  readonly signal: AbortSignal;
}

/** One call on its way through the pipeline. */
export interface Call extends Envelope {
  readonly method: DescMethod;
  readonly requestId: string;
  /** What it logs carries the request id. */
  readonly log: Logger;
  /** When the call arrived, milliseconds; every decision of one call uses the clock, this is for the log. */
  readonly startedAt: number;
  /** The same on the machine's own clock, performance.now(): how long a call took is measured, also where a test moves the time. */
  readonly begunAt: number;
  /** Its span, where traces are wanted. */
  readonly span?: Span;
  /** Who is calling. Set by the authenticate step; reading it earlier is a mistake of ours. */
  principal: Principal;
  /** The session the call was about, for the log. */
  sessionId?: string;
  /** What an operator's call changed, for the audit, such as "apiKeys/01a2…". */
  resource?: string;
  /** The tightest limit that was counted, for the X-RateLimit headers. */
  rateLimit?: RateLimit;
}

/** The use case behind a method. */
export type Handler<M extends DescMethod = DescMethod> = (
  call: Call,
  request: MessageShape<M['input']>,
) => Promise<MessageInitShape<M['output']>>;

/** Why a stream ended that nothing was wrong with, for the log. */
export type StreamEnd =
  /** Everything was said. */
  | 'FINAL'
  /** It had lasted as long as a stream may; the caller takes it up again. */
  | 'TOO_LONG'
  /** The service stops; the caller takes it up again elsewhere. */
  | 'STOPPING'
  /** The caller left. */
  | 'LEFT';

/** The use case behind a method that answers with a stream. Ends soon after `call.signal` aborts. */
export type StreamHandler<M extends DescMethod = DescMethod> = (
  call: Call,
  request: MessageShape<M['input']>,
) => AsyncGenerator<MessageInitShape<M['output']>, StreamEnd, void>;

/** Notes a counted limit; the one with the least left is the one a caller needs to hear of. */
export function noteLimit(call: Call, limit: RateLimit | undefined): void {
  if (limit && (!call.rateLimit || limit.remaining < call.rateLimit.remaining)) call.rateLimit = limit;
}

/** The call's trace, for what is done of it later; nothing where it is not recorded. */
export const traceOf = ({ span }: Pick<Call, 'span'>): { readonly trace?: string } =>
  span?.isRecording() ? { trace: span.traceparent } : {};
