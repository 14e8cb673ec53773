import type { Labels } from '../../server/observe/metrics/family.js';
import type { Spec } from '../../server/observe/metrics/instruments.js';
import { METRICS } from '../../server/observe/metrics/table.js';
import { GENERATED, table } from './markdown.js';

/** Longer lists of values are shortened. */
const SHOWN = 8;

function describeLabels(labels: Labels): string {
  const described = Object.entries(labels).map(([name, label]) => {
    if (!('values' in label)) return `\`${name}\`: ${label.of}`;
    const { values } = label;
    const shown = values.length > SHOWN ? [...values.slice(0, 3), '…'] : values;
    return `\`${name}\`: ${shown.join(', ')}`;
  });
  return described.join('; ');
}

function rowOf({ name, type, labels, help, ...rest }: Spec): string[] {
  const bounds = 'buckets' in rest ? ` Bounds: ${rest.buckets.join(', ')}.` : '';
  return [`\`${name}\``, type, describeLabels(labels), `${help}${bounds}`];
}

/** docs/reference/metrics.md, from the table of metrics. */
export function metrics(): string {
  return `# Metrics

${GENERATED}

\`GET /metrics\` returns the metrics of one process in Prometheus' text format. Requests from this host need no
credential; with \`OTP_METRICS_TOKEN\` set, every request needs it as a Bearer token and may come from any host. Other
requests get 404, or 401 if a token is set.

No label contains text from a caller. Each has the values listed here, or one for each item that is named; values
beyond that bound are counted together as \`other\`. A metric with labels appears after its first observation.

[countersign.json](../operations/dashboards/countersign.json) is a dashboard for Grafana and
[alerts.yaml](../operations/dashboards/alerts.yaml) contains alerting rules for Prometheus. Both use only the
metrics below.

${table(['metric', 'type', 'labels', 'meaning'], Object.values<Spec>(METRICS).map(rowOf))}
`;
}
