import type { Command } from 'commander';
import { SETTINGS } from '../../config/config.js';
import { fileVariable } from '../../config/secretFiles.js';
import { defaultOf, type Setting } from '../../config/setting.js';
import { VENDOR_SETTINGS } from '../../delivery/vendors/index.js';
import type { Cli } from '../cli.js';
import { examples } from '../commands/examples.js';
import type { Column } from '../output/table.js';
import { settingsOf } from './settings.js';

interface Shown {
  readonly variable: string;
  readonly value: string;
  /** `environment`, `file` or `default`. */
  readonly source: string;
  readonly default: string;
}

const COLUMNS: readonly Column<Shown>[] = [
  { title: 'VARIABLE', value: ({ variable }) => variable },
  { title: 'VALUE', value: ({ value }) => value },
  { title: 'SOURCE', value: ({ source }) => source },
  { title: 'DEFAULT', value: (row) => row.default },
];

/** `countersign config`. */
export function addConfig(program: Command, cli: Cli): void {
  program
    .command('config')
    .helpGroup('Service:')
    .description(
      'Print every setting, where its value comes from and its default; secrets as "set". Exits with 78 where they cannot be used.',
    )
    .option('--check', 'print nothing where they can be used')
    .option('--env', 'print those that are set, as an environment file without secrets')
    .addHelpText('after', examples('countersign config', 'countersign config --check && countersign start'))
    .action(({ check, env }: { readonly check?: true; readonly env?: true }) => {
      const tables = [SETTINGS, ...VENDOR_SETTINGS.map(({ settings }) => settings)];
      const settings = new Map(
        tables.flatMap((table) => Object.values<Setting>(table)).map((one) => [one.variable, one]),
      );
      const rows = [...settings.values()].map((one) => show(one, cli.io.env));
      if (env) {
        const set = rows.filter(({ source }) => source !== 'default');
        const lines = set.map(({ variable, value }) =>
          settings.get(variable)?.secret ? `# ${variable}=` : `${variable}=${JSON.stringify(value)}`,
        );
        cli.print.text(lines.join('\n'), set);
      } else if (!check) cli.print.table(COLUMNS, rows, rows);
      settingsOf(cli.io);
    });
}

function show(setting: Setting, env: Cli['io']['env']): Shown {
  const { variable, secret } = setting;
  const standard = defaultOf(setting);
  const text = standard === undefined ? '' : Array.isArray(standard) ? standard.join(',') : String(standard);
  const given = env[variable];
  if (given) return { variable, value: secret ? 'set' : given, source: 'environment', default: text };
  if (secret && env[fileVariable(variable)]) return { variable, value: 'set', source: 'file', default: text };
  return { variable, value: text, source: 'default', default: text };
}
