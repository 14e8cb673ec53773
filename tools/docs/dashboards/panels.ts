/** One graph. */
export interface Panel {
  readonly title: string;
  /** As Grafana calls them: s, bytes, reqps, ops, short, percentunit. */
  readonly unit: string;
  /** What each line is called, with labels as {{label}}, and the PromQL behind it. */
  readonly lines: readonly (readonly [legend: string, query: string])[];
}

/** Panels under one heading. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** What the dashboard adds to every selector: the job that was chosen. */
const JOB = 'job=~"$job"';
/** As much time as a rate needs at least, which Grafana knows. */
const WINDOW = '[$__rate_interval]';

const selector = (metric: string, matchers = ''): string =>
  `${metric}{${[JOB, ...(matchers ? [matchers] : [])].join(',')}}`;

const sum = (by: string, query: string): string => (by ? `sum by (${by}) (${query})` : `sum(${query})`);

const rate = (metric: string, by: string, matchers?: string): string =>
  sum(by, `rate(${selector(metric, matchers)}${WINDOW})`);

/** The median and the slowest hundredth of a histogram. */
const quantiles = (metric: string, by: string): Panel['lines'] =>
  ['0.5', '0.99'].map((q) => [
    [...(by ? [`{{${by}}}`] : []), `p${Number(q) * 100}`].join(' '),
    `histogram_quantile(${q}, ${rate(`${metric}_bucket`, by ? `${by}, le` : 'le')})`,
  ]);

const lines = (title: string, unit: string, ...shown: Panel['lines']): Panel => ({
  title,
  unit,
  lines: shown,
});

/** Reasons that are faults of the service, not of the request. */
const FAULTS = 'reason=~"INTERNAL|STORE_UNAVAILABLE"';

/** The dashboard, from what callers notice down to the process. */
export const ROWS: readonly Row[] = [
  {
    title: 'Calls',
    panels: [
      lines('Calls by method', 'reqps', ['{{method}}', rate('countersign_calls_total', 'method')]),
      lines('Calls that did not go well, by reason', 'reqps', [
        '{{reason}}',
        rate('countersign_calls_total', 'reason', 'reason!="OK"'),
      ]),
      lines('Share of calls that met a fault of the service', 'percentunit', [
        'faults',
        `(${rate('countersign_calls_total', '', FAULTS)} or vector(0)) / ${rate('countersign_calls_total', '')}`,
      ]),
      lines('Calls by transport', 'reqps', ['{{transport}}', rate('countersign_calls_total', 'transport')]),
      {
        title: 'Latency by method',
        unit: 's',
        lines: quantiles('countersign_call_duration_seconds', 'method'),
      },
      lines('Calls in flight', 'short', [
        '{{method}}',
        sum('method', selector('countersign_calls_in_flight')),
      ]),
      lines('Requests refused before they became a call', 'reqps', [
        '{{reason}}',
        rate('countersign_refused_requests_total', 'reason'),
      ]),
      lines('Open connections', 'short', ['{{instance}}', selector('countersign_connections')]),
    ],
  },
  {
    title: 'Sessions',
    panels: [
      lines('Sessions', 'ops', ['{{event}}', rate('countersign_sessions_total', 'event', 'mode="live"')]),
      lines('Codes checked', 'ops', [
        '{{channel}} {{result}}',
        rate('countersign_codes_checked_total', 'channel, result'),
      ]),
      lines(
        'Refused by a limit, or by the guard before a message cost anything',
        'ops',
        ['{{rule}}', rate('countersign_limit_refusals_total', 'rule')],
        ['guard', rate('countersign_calls_total', '', 'reason="SEND_REFUSED"')],
      ),
    ],
  },
  {
    title: 'Hashing of codes',
    panels: [
      lines(
        'Hashes',
        'short',
        ['running', sum('', selector('countersign_hash_running'))],
        ['waiting', sum('', selector('countersign_hash_waiting'))],
      ),
      lines(
        'Refused because too many wait; log lines dropped; steps of the clock',
        'ops',
        ['refused', rate('countersign_hash_refused_total', '')],
        ['log lines dropped', rate('countersign_log_lines_dropped_total', '')],
        ['steps of the clock', rate('countersign_clock_steps_total', '')],
      ),
      {
        title: 'Wait for a hash, and the hash itself',
        unit: 's',
        lines: [
          ...quantiles('countersign_hash_wait_seconds', '').map(
            ([q, query]) => [`wait ${q}`, query] as const,
          ),
          ...quantiles('countersign_hash_duration_seconds', '').map(
            ([q, query]) => [`hash ${q}`, query] as const,
          ),
        ],
      },
    ],
  },
  {
    title: 'Delivery',
    panels: [
      lines('Messages by provider and outcome', 'ops', [
        '{{provider}} {{outcome}}',
        rate('countersign_deliveries_total', 'provider, outcome'),
      ]),
      lines('Requests to providers', 'ops', [
        '{{provider}} {{outcome}}',
        rate('countersign_delivery_tries_total', 'provider, outcome'),
      ]),
      lines('Reports of providers on what they had accepted', 'ops', [
        '{{provider}} {{outcome}}',
        rate('countersign_delivery_reports_total', 'provider, outcome'),
      ]),
      lines('Age of the oldest message that no provider has taken', 's', [
        'oldest',
        `max(${selector('countersign_oldest_undelivered_age_seconds')})`,
      ]),
      {
        title: 'Time from Send to acceptance by a provider',
        unit: 's',
        lines: quantiles('countersign_delivery_duration_seconds', 'channel'),
      },
      {
        title: 'Response time of providers',
        unit: 's',
        lines: quantiles('countersign_provider_request_duration_seconds', 'provider'),
      },
      lines('Circuit breakers that are not closed', 'short', [
        '{{provider}} {{state}} {{instance}}',
        `${selector('countersign_breaker_state', 'state!="closed"')} > 0`,
      ]),
    ],
  },
  {
    title: 'Webhooks',
    panels: [
      lines('Delivery attempts', 'ops', ['{{outcome}}', rate('countersign_webhook_tries_total', 'outcome')]),
      lines('Events given up', 'ops', ['given up', rate('countersign_webhook_events_given_up_total', '')]),
      lines('Endpoints disabled', 'ops', [
        '{{reason}}',
        rate('countersign_webhook_endpoints_disabled_total', 'reason'),
      ]),
    ],
  },
  {
    title: 'Queues',
    panels: [
      lines('Lag', 's', ['{{queue}}', `max by (queue) (${selector('countersign_queue_lag_seconds')})`]),
      lines('Under way', 'short', ['{{queue}}', sum('queue', selector('countersign_queue_under_way'))]),
      lines('Failures', 'ops', ['{{queue}}', rate('countersign_queue_failures_total', 'queue')]),
    ],
  },
  {
    title: 'Store',
    panels: [
      {
        title: 'Latency by operation',
        unit: 's',
        lines: quantiles('countersign_store_operation_duration_seconds', 'operation'),
      },
      lines('Operations by collection', 'ops', [
        '{{collection}}',
        rate('countersign_store_operation_duration_seconds_count', 'collection'),
      ]),
      lines('Failures', 'ops', [
        '{{collection}} {{operation}}',
        rate('countersign_store_failures_total', 'collection, operation'),
      ]),
    ],
  },
  {
    title: 'Process',
    panels: [
      lines('Processor', 'percentunit', ['{{instance}}', rate('process_cpu_seconds_total', 'instance')]),
      lines(
        'Memory',
        'bytes',
        ['{{instance}} resident', selector('process_resident_memory_bytes')],
        ['{{instance}} heap in use', selector('nodejs_heap_size_used_bytes')],
        ['{{instance}} heap', selector('nodejs_heap_size_total_bytes')],
        ['{{instance}} outside the heap', selector('nodejs_external_memory_bytes')],
      ),
      lines('Event loop lag', 's', [
        '{{instance}} p{{quantile}}',
        selector('nodejs_eventloop_lag_seconds', 'quantile!="0.5"'),
      ]),
      lines('Event loop in use', 'percentunit', [
        '{{instance}}',
        rate('nodejs_eventloop_active_seconds_total', 'instance'),
      ]),
      lines('Time in garbage collection', 'percentunit', [
        '{{instance}} {{kind}}',
        rate('nodejs_gc_duration_seconds_sum', 'instance, kind'),
      ]),
      lines('Up for', 's', ['{{instance}}', `time() - ${selector('process_start_time_seconds')}`]),
      lines('What runs', 'short', [
        '{{version}} on Node {{node}}',
        sum('version, node', selector('countersign_build_info')),
      ]),
      lines('Spans of traces', 'ops', ['{{result}}', rate('countersign_trace_spans_total', 'result')]),
    ],
  },
];
