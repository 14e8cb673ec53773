import type { Command } from 'commander';
import { EXIT } from '../../errors.js';
import { backUp } from '../../maintenance/backUp.js';
import { checkBackup } from '../../maintenance/checkBackup.js';
import type { Manifest } from '../../maintenance/manifest.js';
import type { Cli } from '../cli.js';
import { examples } from '../commands/examples.js';
import { CliError } from '../errors.js';
import type { Column } from '../output/table.js';
import { masterKeysOf, settingsOf } from './settings.js';

const COLUMNS: readonly Column<Manifest>[] = [
  { title: 'AT', value: ({ at }) => at.toISOString() },
  { title: 'RELEASE', value: ({ release }) => release },
  { title: 'SESSIONS', value: ({ counts }) => counts.sessions ?? 0 },
  { title: 'KEYS', value: ({ counts }) => counts.keys ?? 0 },
  { title: 'MASTER KEYS', value: ({ masterKeys }) => masterKeys.join(',') },
];

/** `countersign backup FILE` and `countersign backup check FILE`. */
export function addBackup(program: Command, cli: Cli): void {
  const backup = program.command('backup').helpGroup('Service:').description('backups of the embedded store');
  backup
    .command('create', { isDefault: true })
    .description('Back up the embedded store of OTP_DATA_DIR while the service runs.')
    .argument('<file>', 'the backup; it must not exist yet')
    .addHelpText('after', examples('countersign backup /backups/countersign-2030-01-15.db'))
    .action(async (file: string) => {
      const config = settingsOf(cli.io);
      if (config.mongodbUri) {
        throw new CliError(
          'A store in MongoDB is backed up with mongodump: see docs/operations/backups.md',
          EXIT.usage,
        );
      }
      const manifest = await backUp(config.dataDir, file, cli.io.now());
      cli.print.table(COLUMNS, [manifest], manifest);
      cli.print.note(
        `The master keys are not in it: keep them elsewhere (${manifest.masterKeys.join(', ')}).`,
      );
    });
  backup
    .command('check')
    .description('Check that a backup is whole and that its keys open with the master keys given.')
    .argument('<file>', 'the backup')
    .addHelpText('after', examples('countersign backup check /backups/countersign-2030-01-15.db'))
    .action(async (file: string) => {
      const manifest = await checkBackup(file, await masterKeysOf(settingsOf(cli.io)));
      cli.print.table(COLUMNS, [manifest], manifest);
    });
}
