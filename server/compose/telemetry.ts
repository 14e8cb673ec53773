import { randomUUID } from 'node:crypto';
import type { Config } from '../config/config.js';
import type { Logger } from '../observe/log.js';
import { createMetrics, type Metrics } from '../observe/metrics/index.js';
import type { Tracing } from '../observe/tracing.js';
import { VERSION } from '../platform/version.js';

/** Metrics and traces. */
export interface Observing {
  readonly metrics: Metrics;
  readonly tracing: Tracing | undefined;
}

export async function composeTelemetry(config: Config, log: Logger): Promise<Observing> {
  const metrics = createMetrics();
  metrics.buildInfo.set({ version: VERSION, node: process.version }, 1);
  return { metrics, tracing: await openTraces(config, metrics, log) };
}

/** The libraries are loaded only where traces go somewhere. */
async function openTraces(config: Config, metrics: Metrics, log: Logger): Promise<Tracing | undefined> {
  const { otlpEndpoint, otlpHeaders = {}, serviceName, resourceAttributes, traceShare } = config;
  if (otlpEndpoint === undefined) return undefined;
  const { openTracing } = await import('../observe/otel.js');
  return openTracing({
    collector: { url: `${otlpEndpoint}/v1/traces`, headers: otlpHeaders },
    resource: {
      ...resourceAttributes,
      'service.name': serviceName,
      'service.version': VERSION,
      'service.instance.id': randomUUID(),
    },
    ratio: traceShare,
    metrics,
    log,
  });
}
