import { TraceFlags } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace';
import type { Logger } from './log.js';
import type { Metrics } from './metrics/index.js';

/** Spans that wait for the collector; what comes on top is lost. */
const QUEUE = 2_048;
/** How long spans wait for more to be sent with, milliseconds. */
const GATHER_MS = 1_000;

/** Where traces go. */
export interface Collector {
  /** Takes OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/), its path included. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Sends spans to the collector, many at once and in the background. Bounded: a
 * collector that is away costs spans and a warning, never a call.
 */
export function createExport(
  { url, headers }: Collector,
  { traceSpans }: Pick<Metrics, 'traceSpans'>,
  log: Logger,
): SpanProcessor {
  const otlp = new OTLPTraceExporter({ url, headers });
  let waiting = 0;
  let away = false;

  const exporter: SpanExporter = {
    export(spans, done) {
      waiting -= spans.length;
      otlp.export(spans, (result) => {
        const taken = result.code === ExportResultCode.SUCCESS;
        traceSpans.add({ result: taken ? 'exported' : 'lost' }, spans.length);
        // One line when it goes and one when it comes back, not one for every batch.
        if (!taken && !away)
          log.warn({ err: result.error }, 'the trace collector takes no spans; they are lost');
        if (taken && away) log.info('the trace collector takes spans again');
        away = !taken;
        done(result);
      });
    },
    forceFlush: () => otlp.forceFlush(),
    shutdown: () => otlp.shutdown(),
  };
  const batches = new BatchSpanProcessor({ exporter, maxQueueSize: QUEUE, scheduledDelayMillis: GATHER_MS });
  return {
    onStart: (span, context) => batches.onStart(span, context),
    onEnd(span) {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
      if (waiting >= QUEUE) return traceSpans.add({ result: 'lost' });
      waiting += 1;
      batches.onEnd(span);
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  };
}
