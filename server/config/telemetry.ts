import { z } from 'zod';
import { baseUrl, credential, oneLine, secret, setting } from './setting.js';

/** Pairs as OpenTelemetry writes them: key=value, separated by commas, values percent-encoded. */
const pairs = z
  .string()
  .refine((text) => readPairs(text) !== undefined, 'must be key=value pairs, separated by commas')
  .transform((text) => readPairs(text) as Readonly<Record<string, string>>);

function readPairs(text: string): Readonly<Record<string, string>> | undefined {
  try {
    const entries = text
      .split(',')
      .map((pair) => pair.trim())
      .filter(Boolean)
      .map((pair) => {
        const equals = pair.indexOf('=');
        if (equals < 1) throw new Error('no pair');
        return [pair.slice(0, equals).trim(), decodeURIComponent(pair.slice(equals + 1).trim())];
      });
    return Object.fromEntries(entries);
  } catch {
    return undefined;
  }
}

const share = z
  .string()
  .regex(/^(0|1|0?\.\d+|1\.0+)$/, 'must be a number from 0 to 1')
  .transform(Number);

/** Metrics and traces. The variables of traces are those of OpenTelemetry (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). */
export const TELEMETRY_SETTINGS = {
  metricsToken: secret(
    'OTP_METRICS_TOKEN',
    credential.min(16, 'must have at least 16 characters').optional(),
    'Bearer token required to read /metrics, from any host. Unset: /metrics is readable from this host only, in production on OTP_OPERATOR_PORT only.',
  ),
  otlpEndpoint: setting(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    baseUrl.optional(),
    'OpenTelemetry collector (OTLP over HTTP), such as http://127.0.0.1:4318; traces go to its /v1/traces. Unset: no traces, at no cost.',
  ),
  otlpHeaders: secret(
    'OTEL_EXPORTER_OTLP_HEADERS',
    pairs.optional(),
    'Headers for the collector, key=value, separated by commas.',
  ),
  serviceName: setting('OTEL_SERVICE_NAME', oneLine.default('countersign'), 'Name of the service in traces.'),
  resourceAttributes: setting(
    'OTEL_RESOURCE_ATTRIBUTES',
    pairs.optional(),
    'Further attributes of the service in traces, such as deployment.environment.name=production.',
  ),
  traceShare: setting(
    'OTEL_TRACES_SAMPLER_ARG',
    share.prefault('1'),
    'Share of traces to record, 0 to 1. If a call is already part of a trace, its caller decides.',
  ),
} as const;
