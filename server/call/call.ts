import type {
  DescMethod,
  DescMethodServerStreaming,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import type { Principal } from '../domain/principal.js';
import type { RateLimit } from '../domain/rateLimit.js';
import type { Logger } from '../observe/log.js';
import type { Transport } from '../observe/metrics/table.js';
import type { Span } from '../observe/tracing.js';

/** What the contract of a transport adds to a call; the core knows the rules, not whose they are. */
export interface CallRules {
  /** The call counts towards the limit of requests for each client. */
  readonly limitsClient?: true;
  /** Send returns an open session of the same recipient where the workspace's settings say so. */
  readonly reuseAsWorkspaceSays?: true;
  /** Send gives the messages to this provider alone. */
  readonly onlyProvider?: string;
  /** CancelSession leaves a session that has expired or is locked as it is. */
  readonly cancelsOnlyOpen?: true;
}

/** What a transport knows about a call before the pipeline runs. */
export interface Envelope extends CallRules {
  /** How the call arrived, for the log. */
  readonly transport: Transport;
  /** The API key or token as presented, without "Bearer". */
  readonly credential?: string | undefined;
  /** The origin of the page that calls, unless it is one of the service's own. */
  readonly origin?: string | undefined;
  /** IP address of the caller, trusted proxies resolved. */
  readonly peer: string;
  /** The caller's own id for this request, if it sent an acceptable one. */
  readonly requestId?: string | undefined;
  /** The caller's trace, as it wrote it (https://www.w3.org/TR/trace-context/). */
  readonly traceparent?: string | undefined;
  /** Aborted when the caller disconnects or its deadline passes. */
  readonly signal: AbortSignal;
}

/** A call whose caller is not known yet. */
export interface ArrivingCall extends Envelope {
  readonly method: DescMethod;
  readonly requestId: string;
  /** Adds the request id to what it logs. */
  readonly log: Logger;
  /** When the call arrived, milliseconds; every decision of one call uses the clock, this is for the log. */
  readonly startedAt: number;
  /** The same by performance.now(): durations are measured by it, also where a test moves the clock. */
  readonly begunAt: number;
  /** Its span, where traces are configured. */
  readonly span?: Span;
  /** Who is calling, once the authenticate step has found out. */
  readonly principal?: Principal;
  /** The session the call was about, for the log. */
  sessionId?: string;
  /** What an operator's call changed, for the audit, such as "apiKeys/01a2…". */
  resource?: string;
  /** The tightest limit that was counted, for the X-RateLimit headers. */
  rateLimit?: RateLimit;
}

/** A call whose caller is known. */
export interface Call extends ArrivingCall {
  readonly principal: Principal;
}

/** The same call, with its caller. */
export const withPrincipal = (call: ArrivingCall, principal: Principal): Call =>
  Object.assign(call, { principal });

/** The use case behind a method. */
export type Handler<M extends DescMethod = DescMethod> = (
  call: Call,
  request: MessageShape<M['input']>,
) => Promise<MessageInitShape<M['output']>>;

/** Why a stream ended without an error, for the log. */
export type StreamEnd =
  /** Everything was sent. */
  | 'FINAL'
  /** It lasted as long as a stream may; the caller continues with a new one. */
  | 'TOO_LONG'
  /** The service stops; the caller continues elsewhere. */
  | 'STOPPING'
  /** The caller disconnected. */
  | 'LEFT';

/** The use case behind a method that responds with a stream. Ends soon after `call.signal` aborts. */
export type StreamHandler<M extends DescMethod = DescMethodServerStreaming> = (
  call: Call,
  request: MessageShape<M['input']>,
) => AsyncGenerator<MessageInitShape<M['output']>, StreamEnd, void>;

/** Notes a counted limit; a response reports the one with the least left. */
export function noteLimit(call: ArrivingCall, limit: RateLimit | undefined): void {
  if (limit && (!call.rateLimit || limit.remaining < call.rateLimit.remaining)) call.rateLimit = limit;
}

/** The call's trace, for work that is done later; nothing where it is not recorded. */
export const traceOf = ({ span }: Pick<Call, 'span'>): { readonly trace?: string } =>
  span?.isRecording() ? { trace: span.traceparent } : {};
