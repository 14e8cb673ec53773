import { Argument, type Command } from 'commander';
import { EXIT } from '../../errors.js';
import { checkKeyring, type KeyStanding, retireKey, rotateKey } from '../../maintenance/keyringCare.js';
import { PURPOSES, type Purpose } from '../../secrets/keyring/keyring.js';
import type { Cli } from '../cli.js';
import { examples } from '../commands/examples.js';
import { CliError } from '../errors.js';
import { confirm } from '../io.js';
import { createProgress } from '../output/progressBar.js';
import type { Column } from '../output/table.js';
import { withStore } from './settings.js';

const COLUMNS: readonly Column<KeyStanding>[] = [
  { title: 'PURPOSE', value: ({ purpose }) => purpose },
  { title: 'KEY', value: ({ id }) => id },
  { title: 'SINCE', value: ({ from }) => from.toISOString() },
  { title: 'CURRENT', value: ({ current }) => (current ? 'yes' : '') },
  { title: 'MASTER', value: ({ master }) => master },
  { title: 'OPENS', value: ({ fault }) => (fault ? 'no' : 'yes') },
];

/** `countersign keyring`. */
export function addKeyring(program: Command, cli: Cli): void {
  const keyring = program
    .command('keyring')
    .helpGroup('Service:')
    .description('the keys that the service keeps in its store');
  keyring
    .command('check')
    .description(
      'List every key, the master key that wraps it, and whether it opens. Exits with 78 where one does not.',
    )
    .addHelpText('after', examples('countersign keyring check'))
    .action(async () => {
      const standings = await withStore(cli.io, checkKeyring);
      cli.print.table(COLUMNS, standings, standings);
      const faults = standings.flatMap(({ fault }) => fault ?? []);
      if (faults.length > 0) throw new CliError(faults.join(' '), EXIT.configuration);
    });
  keyring
    .command('rotate')
    .description(
      'Add a key of a purpose. Running processes use it from two minutes on; the older ones are accepted as before.',
    )
    .addArgument(new Argument('<purpose>').choices(PURPOSES))
    .addHelpText('after', examples('countersign keyring rotate signing'))
    .action(async (purpose: Purpose) => {
      const added = await withStore(cli.io, (opened) => rotateKey(opened, purpose));
      const columns = [
        { title: 'KEY', value: ({ id }: typeof added) => id },
        { title: 'FROM', value: ({ from }: typeof added) => from.toISOString() },
      ];
      cli.print.table(columns, [added], added);
    });
  keyring
    .command('retire')
    .description(
      'Remove an old key: what it has made is accepted no more. Values that are kept for long are sealed again first.',
    )
    .argument('<key>', 'id of the key')
    .option('--yes', 'ask nothing')
    .addHelpText('after', examples('countersign keyring retire 1kX9aQ2z'))
    .action(async (id: string, { yes }: { readonly yes?: true }) => {
      if (!yes && !(await confirm(cli.io, 'The key is removed for good.', id))) {
        throw new CliError('Nothing was done: confirm on a terminal, or use --yes.', EXIT.canceled);
      }
      const progress = await createProgress(cli.io);
      const { resealed } = await withStore(cli.io, (opened) => retireKey(opened, id, progress));
      cli.print.table([{ title: 'SEALED AGAIN', value: () => resealed }], [resealed], { resealed });
    });
}
