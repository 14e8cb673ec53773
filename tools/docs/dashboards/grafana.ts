import { type Panel, ROWS, type Row } from './panels.js';

/** Grafana's grid is 24 wide; three panels stand side by side. */
const WIDTH = 8;
const HEIGHT = 8;
const IN_A_LINE = 24 / WIDTH;

const DATASOURCE = { type: 'prometheus', uid: '$datasource' };

/**
 * docs/operations/dashboards/countersign.json, to be imported into Grafana
 * (https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/view-dashboard-json-model/).
 * It asks for the Prometheus it reads from and the job to show.
 */
export function grafana(): string {
  const dashboard = {
    uid: 'countersign',
    title: 'Countersign',
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    templating: { list: [datasourceVariable, jobVariable] },
    panels: layOut(ROWS),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

const datasourceVariable = {
  name: 'datasource',
  label: 'Prometheus',
  type: 'datasource',
  query: 'prometheus',
};

const jobVariable = {
  name: 'job',
  label: 'Job',
  type: 'query',
  datasource: DATASOURCE,
  query: 'label_values(countersign_build_info, job)',
  refresh: 2,
  multi: true,
  includeAll: true,
};

function layOut(rows: readonly Row[]): object[] {
  let y = 0;
  let id = 0;
  return rows.flatMap(({ title, panels }) => {
    const heading = { id: ++id, type: 'row', title, collapsed: false, gridPos: { h: 1, w: 24, x: 0, y } };
    const top = y + 1;
    y = top + Math.ceil(panels.length / IN_A_LINE) * HEIGHT;
    const shown = panels.map((panel, i) => ({
      id: ++id,
      ...timeSeries(panel),
      gridPos: {
        h: HEIGHT,
        w: WIDTH,
        x: (i % IN_A_LINE) * WIDTH,
        y: top + Math.floor(i / IN_A_LINE) * HEIGHT,
      },
    }));
    return [heading, ...shown];
  });
}

const timeSeries = ({ title, unit, lines }: Panel) => ({
  type: 'timeseries',
  title,
  datasource: DATASOURCE,
  fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
  targets: lines.map(([legendFormat, expr], i) => ({
    refId: String.fromCharCode(65 + i),
    datasource: DATASOURCE,
    expr,
    legendFormat,
  })),
});
