import type { Labels } from '../../server/observe/metrics/family.js';
import type { Spec } from '../../server/observe/metrics/instruments.js';
import { METRICS } from '../../server/observe/metrics/table.js';
import { GENERATED, table } from './markdown.js';

/** Longer lists of values are told by where they stand. */
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

\`GET /metrics\` answers in Prometheus' text format: this machine only, or with \`OTP_METRICS_TOKEN\` whoever presents
it as a Bearer token, from wherever. Each process answers for itself. Anybody else gets 404, or with a token set 401.

No label holds anything that a caller wrote. Each has the values that are listed, or as many as there are of what is
named; should ever more turn up, they are counted together as \`other\`. A metric with labels appears once there is
something to tell.

[countersign.json](../operations/dashboards/countersign.json) is a dashboard for Grafana,
[alerts.yaml](../operations/dashboards/alerts.yaml) a file of alerting rules for Prometheus. Both use these names and no
others.

${table(['metric', 'type', 'labels', 'meaning'], Object.values<Spec>(METRICS).map(rowOf))}
`;
}
