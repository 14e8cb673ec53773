import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Span as OtelSpan,
  SpanKind as OtelSpanKind,
  ROOT_CONTEXT,
  type SpanContext,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Logger } from './log.js';
import type { Metrics } from './metrics/index.js';
import { type Collector, createExport } from './otelExport.js';
import type { Span, SpanKind, Tracing } from './tracing.js';

/** How long a stop waits for the collector. */
const CLOSE_MS = 3_000;

const KINDS: Readonly<Record<SpanKind, OtelSpanKind>> = {
  server: OtelSpanKind.SERVER,
  client: OtelSpanKind.CLIENT,
  consumer: OtelSpanKind.CONSUMER,
  internal: OtelSpanKind.INTERNAL,
};

interface Options {
  readonly collector: Collector;
  /** What the spans are of: service.name and the like. */
  readonly resource: Readonly<Record<string, string>>;
  /** The share of new traces that is kept, 0 to 1; a trace that began elsewhere was decided there. */
  readonly ratio: number;
  readonly metrics: Pick<Metrics, 'traceSpans'>;
  readonly log: Logger;
}

/**
 * Traces by OpenTelemetry, sent to a collector in the background. Loaded only
 * where a collector is configured: the libraries cost memory, and knowing the
 * span around costs time on every wait. Nothing global is set, so that one
 * process can run several services.
 */
export function openTracing({ collector, resource, ratio, metrics, log }: Options): Tracing {
  const provider = new TracerProvider({
    resource: resourceFromAttributes(resource),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [createExport(collector, metrics, log)],
  });
  const tracer = provider.getTracer('countersign');
  const around = new AsyncLocalStorage<TracedSpan>();

  const current = () => {
    const span = around.getStore();
    // Timers and queues keep the surroundings in which they were set up; what has ended surrounds nothing.
    return span?.isRecording() ? span : undefined;
  };
  return {
    begin(name, kind, attributes, parent) {
      const remote = parent === undefined ? undefined : parseTraceParent(parent);
      const above: SpanContext | undefined = remote
        ? { ...remote, isRemote: true }
        : current()?.span.spanContext();
      const context = above ? trace.setSpanContext(ROOT_CONTEXT, above) : ROOT_CONTEXT;
      return new TracedSpan(
        tracer.startSpan(name, { kind: KINDS[kind], attributes: { ...attributes } }, context),
      );
    },
    within: (span, work) => around.run(span as TracedSpan, work),
    current,
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      await Promise.race([provider.shutdown().catch(() => {}), late]);
      clearTimeout(timer);
    },
  };
}

class TracedSpan implements Span {
  readonly span: OtelSpan;

  constructor(span: OtelSpan) {
    this.span = span;
  }

  get traceId(): string {
    return this.span.spanContext().traceId;
  }

  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.span.spanContext();
    return `00-${traceId}-${spanId}-${traceFlags & TraceFlags.SAMPLED ? '01' : '00'}`;
  }

  isRecording(): boolean {
    return this.span.isRecording();
  }

  set(attributes: Parameters<Span['set']>[0]): void {
    this.span.setAttributes({ ...attributes });
  }

  end(fault?: string): void {
    if (fault !== undefined) this.span.setStatus({ code: SpanStatusCode.ERROR, message: fault });
    this.span.end();
  }
}
