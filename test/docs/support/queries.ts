import { readFile } from 'node:fs/promises';

/** A query of one of the files for Prometheus and Grafana. */
export interface Query {
  readonly where: string;
  readonly promql: string;
  /** Labels that its legend or summary shows. */
  readonly shown: readonly string[];
}

const read = (name: string): Promise<string> =>
  readFile(new URL(`../../../docs/operations/dashboards/${name}`, import.meta.url), 'utf8');

/** Of each panel of the dashboard and each alerting rule, as the files have them. Grafana's variables are filled in. */
export async function publishedQueries(): Promise<Query[]> {
  return [...(await ofDashboard()), ...(await ofAlerts())];
}

async function ofDashboard(): Promise<Query[]> {
  const { panels } = JSON.parse(await read('countersign.json')) as {
    panels: { title: string; targets?: { expr: string; legendFormat: string }[] }[];
  };
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({
      where: title,
      promql: expr.replaceAll('$__rate_interval', '5m'),
      shown: [...legendFormat.matchAll(/{{(\w+)}}/g)].map(([, label]) => label!),
    })),
  );
}

async function ofAlerts(): Promise<Query[]> {
  const rules = (await read('alerts.yaml')).split(/^ {6}- alert: /m).slice(1);
  return rules.map((rule) => {
    const text = (field: string) => JSON.parse(new RegExp(`^ +${field}: (".*")$`, 'm').exec(rule)![1]!);
    return {
      where: rule.slice(0, rule.indexOf('\n')),
      promql: text('expr'),
      shown: [...text('summary').matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label!),
    };
  });
}
