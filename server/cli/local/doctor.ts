import type { Command } from 'commander';
import { EXIT } from '../../errors.js';
import type { Cli } from '../cli.js';
import { examples } from '../commands/examples.js';
import { CliError } from '../errors.js';
import type { Column } from '../output/table.js';
import { checkNetwork } from './doctor/checkNetwork.js';
import { checkSettings } from './doctor/checkSettings.js';
import { checkStore } from './doctor/checkStore.js';
import type { Finding } from './doctor/finding.js';

const COLUMNS: readonly Column<Finding>[] = [
  { title: 'STATUS', value: ({ status }) => status },
  { title: 'CHECK', value: ({ check }) => check },
  { title: 'FINDING', value: ({ finding }) => finding },
  { title: 'CURE', value: ({ cure }) => cure },
];

/** `countersign doctor`. */
export function addDoctor(program: Command, cli: Cli): void {
  program
    .command('doctor')
    .helpGroup('Service:')
    .description(
      'Check settings, store, keys, backups, providers and the public URL, with a cure for each finding. Exits with 78 where there is a fault.',
    )
    .addHelpText('after', examples('countersign doctor'))
    .action(async () => {
      const { config, findings } = checkSettings(cli.io);
      const all = [
        ...findings,
        ...(config ? await checkStore(config, cli.io.now()) : []),
        ...(config ? await checkNetwork(config, cli.io.now) : []),
      ];
      cli.print.table(COLUMNS, all, all);
      const faults = all.filter(({ status }) => status === 'fault').length;
      if (faults > 0) throw new CliError(`Faults found: ${faults}`, EXIT.configuration);
    });
}
