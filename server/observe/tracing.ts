/**
 * What a span may say. Every attribute there is: none holds a code, a token, a
 * key or an address, and none anything else that a caller wrote.
 */
export interface Attributes {
  /** A method of the contract, as in `otp.v1.OtpService/Send`. */
  readonly 'rpc.method'?: string;
  readonly 'countersign.transport'?: string;
  /** How it ended: OK, ABANDONED, or a reason of the error table. */
  readonly 'countersign.reason'?: string;
  readonly 'countersign.workspace'?: string | undefined;
  /** A session's id. */
  readonly 'countersign.session'?: string | undefined;
  readonly 'countersign.channel'?: string;
  readonly 'countersign.provider'?: string;
  /** What a provider said: accepted, retry or failed. */
  readonly 'countersign.outcome'?: string;
  readonly 'db.collection.name'?: string;
  readonly 'db.operation.name'?: string;
}

/** What a span stands for: a call that came in, one that goes out, work taken from a queue, or something within. */
export type SpanKind = 'server' | 'client' | 'consumer' | 'internal';

/** A stretch of work in a trace. */
export interface Span {
  readonly traceId: string;
  /** For a process that continues the work (https://www.w3.org/TR/trace-context/). */
  readonly traceparent: string;
  /** Until it has ended, and only where it is sampled. */
  isRecording(): boolean;
  set(attributes: Attributes): void;
  /** `fault`: a stable word for what went wrong with the work itself; a refusal is no fault. */
  end(fault?: string): void;
}

/** Traces of what this service does. Absent where no collector is configured, and then free of cost. */
export interface Tracing {
  /** Begins a span: in the trace of `parent`, a traceparent, or of the span around it, or in a new one. */
  begin(name: string, kind: SpanKind, attributes: Attributes, parent?: string): Span;
  /** Does the work with the span around it. */
  within<T>(span: Span, work: () => T): T;
  /** The span around, while it is recording. */
  current(): Span | undefined;
  /** Hands over what is left, within a few seconds or not at all. */
  close(): Promise<void>;
}

/** Does the work in a span of its own. What it throws is a fault. */
export async function inSpan<T>(
  tracing: Tracing | undefined,
  [name, kind, attributes, parent]: Parameters<Tracing['begin']>,
  work: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  if (!tracing) return work(undefined);
  const span = tracing.begin(name, kind, attributes, parent);
  try {
    const result = await tracing.within(span, () => work(span));
    span.end();
    return result;
  } catch (thrown) {
    span.end(thrown instanceof Error ? thrown.name : 'Error');
    throw thrown;
  }
}
