import { CHANNELS } from '../../domain/channels.js';
import type { Mode } from '../../domain/mode.js';
import { ERRORS, type Reason } from '../../errors.js';
import type { Labels } from './family.js';
import type { CounterSpec, GaugeSpec, HistogramSpec } from './instruments.js';

const counter = <L extends Labels>(name: string, labels: L, help: string): CounterSpec<L> => ({
  type: 'counter',
  name,
  labels,
  help,
});
const gauge = <L extends Labels>(name: string, labels: L, help: string): GaugeSpec<L> => ({
  type: 'gauge',
  name,
  labels,
  help,
});
const histogram = <L extends Labels>(
  name: string,
  labels: L,
  buckets: readonly number[],
  help: string,
): HistogramSpec<L> => ({ type: 'histogram', name, labels, buckets, help });

const listed = <V extends string>(...values: readonly V[]) => ({ values });
const named = (of: string, atMost: number) => ({ of, atMost });

/** How a call ended: well, its caller gone, or a reason of the error table. */
export type Ending = Reason | 'OK' | 'ABANDONED';

const METHOD = named('methods of the contract, by their names', 200);
/** How calls arrive: the protocols of the contract, then the REST dialects. */
const TRANSPORTS = [
  'connect',
  'grpc',
  'grpc-web',
  'beneficiary',
  'oauth',
  'multichannel',
  'messaging',
  'page',
] as const;
export type Transport = (typeof TRANSPORTS)[number];

const TRANSPORT = listed<Transport>(...TRANSPORTS);
const ENDING = listed<Ending>('OK', 'ABANDONED', ...(Object.keys(ERRORS) as Reason[]));
const REASON = listed<Reason>(...(Object.keys(ERRORS) as Reason[]));
const CHANNEL = listed(...CHANNELS);
const MODE = listed<Mode>('live', 'test');
const PROVIDER = named(
  'delivery providers, by their names; the accounts of workspaces are all "account"',
  50,
);
const COLLECTION = named('collections of the store', 50);
const OPERATION = listed(
  'insertOne',
  'findOne',
  'findOneAndUpdate',
  'updateOne',
  'find',
  'deleteOne',
  'deleteMany',
);
const QUEUE = named('queues of work that waits in the store', 20);

const CALL_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const STORE_BUCKETS = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10];
const HASH_BUCKETS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const PROVIDER_BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const DELIVERY_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const GC_BUCKETS = [0.001, 0.01, 0.1, 1];

/**
 * THE metrics: every one there is, with its labels and all the values that they
 * can have. docs/reference/metrics.md is made from this. Names begin with countersign_ and
 * end in their unit, seconds or bytes, counters in _total
 * (https://prometheus.io/docs/practices/naming/); those of the process have the
 * names that Prometheus' own clients give them. No label holds anything that a
 * caller wrote.
 */
export const METRICS = {
  buildInfo: gauge(
    'countersign_build_info',
    { version: named('the running version', 1), node: named('the version of Node', 1) },
    'Always 1; the labels name the running versions.',
  ),

  calls: counter(
    'countersign_calls_total',
    { method: METHOD, transport: TRANSPORT, reason: ENDING },
    'Calls that ended, streams included: OK, a reason of docs/reference/errors.md, or ABANDONED if the caller disconnected or its deadline passed.',
  ),
  callSeconds: histogram(
    'countersign_call_duration_seconds',
    { method: METHOD, transport: TRANSPORT },
    CALL_BUCKETS,
    'Duration of calls, from the first pipeline step to the response. Streams are not included.',
  ),
  callsInFlight: gauge(
    'countersign_calls_in_flight',
    { method: METHOD },
    'Calls in flight, open streams included.',
  ),
  refusedRequests: counter(
    'countersign_refused_requests_total',
    { reason: REASON },
    'HTTP requests rejected before they became a call: unknown path, unreadable request, unknown method.',
  ),
  connections: gauge('countersign_connections', {}, 'Open connections.'),
  limitRefusals: counter(
    'countersign_limit_refusals_total',
    { rule: named('rules of docs/reference/limits.md', 50) },
    'Calls refused by a limit.',
  ),

  sessions: counter(
    'countersign_sessions_total',
    { event: listed('opened', 'approved', 'canceled', 'locked'), mode: MODE },
    'Sessions by event; mode test is the sandbox.',
  ),
  codesChecked: counter(
    'countersign_codes_checked_total',
    { channel: CHANNEL, result: listed('VERIFIED', 'ALREADY_VERIFIED', 'INVALID_CODE') },
    'Codes submitted: compared, or for a channel that was already verified.',
  ),

  logLinesDropped: counter(
    'countersign_log_lines_dropped_total',
    {},
    'Log lines dropped because the output was not read and 8 MiB were waiting.',
  ),
  clockSteps: counter(
    'countersign_clock_steps_total',
    {},
    'Times that the clock of the machine was set by more than 5 seconds.',
  ),
  hashesRunning: gauge('countersign_hash_running', {}, 'Code hashes being computed.'),
  hashesWaiting: gauge('countersign_hash_waiting', {}, 'Code hashes waiting for a slot.'),
  hashesRefused: counter(
    'countersign_hash_refused_total',
    {},
    'Requests refused as OVERLOADED because the queue for hashing was full.',
  ),
  hashWaitSeconds: histogram(
    'countersign_hash_wait_seconds',
    {},
    HASH_BUCKETS,
    'Time code hashes waited for a slot.',
  ),
  hashSeconds: histogram(
    'countersign_hash_duration_seconds',
    {},
    HASH_BUCKETS,
    'Time code hashes took to compute.',
  ),

  deliveryAttempts: counter(
    'countersign_delivery_tries_total',
    { provider: PROVIDER, channel: CHANNEL, outcome: listed('accepted', 'retry', 'failed') },
    'Delivery attempts (requests to providers): accepted, to be retried, or refused for good.',
  ),
  providerSeconds: histogram(
    'countersign_provider_request_duration_seconds',
    { provider: PROVIDER },
    PROVIDER_BUCKETS,
    'Time providers took to respond.',
  ),
  deliveries: counter(
    'countersign_deliveries_total',
    { provider: PROVIDER, channel: CHANNEL, outcome: listed('accepted', 'delivered', 'failed') },
    'Messages by outcome: accepted by the provider, reported as delivered, or failed. The provider is the last one used, "none" if there was none.',
  ),
  deliveryReports: counter(
    'countersign_delivery_reports_total',
    { provider: PROVIDER, outcome: listed('delivered', 'failed', 'unchanged', 'unknown') },
    'Delivery receipts by effect: the message became delivered or failed, "unchanged" if the state was known or no longer matters, "unknown" if the message is not ours.',
  ),
  deliverySeconds: histogram(
    'countersign_delivery_duration_seconds',
    { channel: CHANNEL },
    DELIVERY_BUCKETS,
    'Time from a Send or Resend, or from the start of a fallback, until a provider accepted the message.',
  ),
  breakers: gauge(
    'countersign_breaker_state',
    { provider: PROVIDER, state: listed('closed', 'open', 'half-open') },
    'Circuit breakers of the providers used so far by this process: 1 for the current state, 0 for the others.',
  ),
  oldestUndelivered: gauge(
    'countersign_oldest_undelivered_age_seconds',
    {},
    'Age of the oldest pending message that no provider has accepted; 0 if there is none. The same for all processes on one store.',
  ),

  webhookAttempts: counter(
    'countersign_webhook_tries_total',
    { outcome: listed('accepted', 'refused', 'unanswered') },
    'Requests to webhook endpoints: acknowledged (2xx), refused (another status), or without a response.',
  ),
  webhookEventsGivenUp: counter(
    'countersign_webhook_events_given_up_total',
    {},
    'Events abandoned because an endpoint did not acknowledge them in time.',
  ),
  webhooksDisabled: counter(
    'countersign_webhook_endpoints_disabled_total',
    { reason: listed('FAILING', 'GONE') },
    'Webhook endpoints disabled because they failed for days (FAILING) or responded with 410 (GONE).',
  ),

  queueLag: gauge(
    'countersign_queue_lag_seconds',
    { queue: QUEUE },
    'How long the oldest due item of a queue has been due; 0 if none is. The same for all processes on one store.',
  ),
  queueUnderWay: gauge(
    'countersign_queue_under_way',
    { queue: QUEUE },
    'Items that this process is working on.',
  ),
  queueFailures: counter(
    'countersign_queue_failures_total',
    { queue: QUEUE },
    'Items that failed with a fault and will be retried.',
  ),

  storeSeconds: histogram(
    'countersign_store_operation_duration_seconds',
    { collection: COLLECTION, operation: OPERATION },
    STORE_BUCKETS,
    'Duration of store operations; a find until its last document was read.',
  ),
  storeFailures: counter(
    'countersign_store_failures_total',
    { collection: COLLECTION, operation: OPERATION },
    'Operations that failed because the store could not be reached, read or written.',
  ),

  traceSpans: counter(
    'countersign_trace_spans_total',
    { result: listed('exported', 'lost') },
    'Trace spans that the collector accepted, and that were lost.',
  ),

  cpuSeconds: counter('process_cpu_seconds_total', {}, 'Processor time, user and system.'),
  startTime: gauge('process_start_time_seconds', {}, 'When the process started, in seconds since the epoch.'),
  residentBytes: gauge('process_resident_memory_bytes', {}, 'Resident memory.'),
  heapUsedBytes: gauge('nodejs_heap_size_used_bytes', {}, 'Heap in use.'),
  heapTotalBytes: gauge('nodejs_heap_size_total_bytes', {}, 'Heap held.'),
  externalBytes: gauge('nodejs_external_memory_bytes', {}, 'Memory of buffers and native objects.'),
  eventLoopLag: gauge(
    'nodejs_eventloop_lag_seconds',
    { quantile: listed('0.5', '0.99', '1') },
    'Delay of timers in the event loop since the last scrape.',
  ),
  eventLoopUse: counter('nodejs_eventloop_active_seconds_total', {}, 'Time the event loop was not idle.'),
  gcSeconds: histogram(
    'nodejs_gc_duration_seconds',
    { kind: listed('major', 'minor', 'incremental', 'weakcb') },
    GC_BUCKETS,
    'Duration of garbage collections.',
  ),
} as const;
