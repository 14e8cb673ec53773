import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { readRevokedLog } from '../../admin/keys/revokedLog.js';
import type { StoredKey } from '../../admin/keys/stored.js';
import { EXIT } from '../../errors.js';
import { type Closed, closeOpen } from '../../maintenance/closeOpen.js';
import { BEATS_MS, countLiving } from '../../maintenance/livingProcesses.js';
import { restore } from '../../maintenance/restore.js';
import { systemClock } from '../../platform/clock.js';
import { systemRandom } from '../../platform/random.js';
import { StoreRefused } from '../../store/documents.js';
import { openCopy } from '../../store/embedded/backup.js';
import { holdStore } from '../../store/embedded/replace.js';
import type { Cli } from '../cli.js';
import { examples } from '../commands/examples.js';
import { CliError, usage } from '../errors.js';
import { confirm } from '../io.js';
import { createProgress } from '../output/progressBar.js';
import type { Column } from '../output/table.js';
import { masterKeysOf, settingsOf, withStore } from './settings.js';

interface Options {
  readonly replace?: true;
  readonly closeOnly?: true;
  readonly yes?: true;
}

const COLUMNS: readonly Column<Closed>[] = [
  { title: 'CANCELED', value: ({ canceled }) => canceled },
  { title: 'REDEEMED', value: ({ redeemed }) => redeemed },
  { title: 'REVOKED', value: ({ revoked }) => revoked },
];

/** `countersign restore`. */
export function addRestore(program: Command, cli: Cli): void {
  program
    .command('restore')
    .helpGroup('Service:')
    .description('Restore a backup into OTP_DATA_DIR and close what was open in it. Stop the service first.')
    .argument('[file]', 'the backup')
    .option('--replace', 'replace the store that is there, which is kept under another name')
    .option(
      '--close-only',
      'only close what is open in the store of the service: after mongorestore, on either store',
    )
    .option('--yes', 'ask nothing')
    .addHelpText(
      'after',
      examples(
        'countersign restore /backups/countersign-2030-01-15.db --replace',
        'countersign restore --close-only --yes',
      ),
    )
    .action(async (file: string | undefined, options: Options) => {
      if (options.closeOnly ? file !== undefined : file === undefined) {
        throw usage('restore takes a file, or --close-only and no file');
      }
      if (file === undefined) await closeStore(cli, options);
      else await restoreFile(cli, file, options);
    });
}

async function restoreFile(cli: Cli, backup: string, options: Options): Promise<void> {
  const { io, print } = cli;
  const config = settingsOf(io);
  if (config.mongodbUri) throw usage('MONGODB_URI is set: use mongorestore, then restore --close-only');
  if (readRevokedLog(config.dataDir) === undefined) await acceptUnknownKeys(cli, backup, options);
  else
    await accept(
      cli,
      options,
      `Everything since the backup is lost, and ${config.dataDir} is changed.`,
      'restore',
    );
  const deps = { clock: systemClock, random: systemRandom, progress: await createProgress(io) };
  const result = await restore(deps, {
    backup,
    folder: config.dataDir,
    masters: await masterKeysOf(config),
    replace: options.replace === true,
  });
  print.table(COLUMNS, [result], result);
  if (result.kept) print.note(`The store that was there is kept in ${result.kept}.`);
  print.note(
    'Limits, blocks and wallet entries since the backup are forgotten; check the balance of each wallet.',
  );
}

async function closeStore(cli: Cli, options: Options): Promise<void> {
  const { io, print } = cli;
  const { mongodbUri, dataDir } = settingsOf(io);
  // Of the embedded store it can be found out whether the service runs.
  if (!mongodbUri) (await holdStore(dataDir))();
  await accept(
    cli,
    options,
    'Every open session and every unredeemed token of the store is closed. The service must be stopped.',
    'close',
  );
  const progress = await createProgress(io);
  const revoked = (mongodbUri ? undefined : readRevokedLog(dataDir)) ?? [];
  const closed = await withStore(io, async (opened) => {
    if (mongodbUri && (await countLiving(opened.documents, () => pause(BEATS_MS))) > 0) {
      throw new StoreRefused('The store is in use: stop every process of the service first');
    }
    return closeOpen({ ...opened, progress }, { backupAt: undefined, revoked });
  });
  print.table(COLUMNS, [closed], closed);
  if (mongodbUri)
    print.note(
      'API keys that were revoked since the backup are accepted again: compare with `countersign keys ls` and revoke them.',
    );
}

/** Without the log of revoked keys, an operator has to review the keys of the backup. */
async function acceptUnknownKeys(cli: Cli, backup: string, options: Options): Promise<void> {
  const copy = openCopy(backup);
  const keys = copy.documents<StoredKey>('keys').filter(({ revokedAt }) => !revokedAt);
  copy.close();
  cli.print.note(
    'There is no revoked.log in the data folder. These keys of the backup are accepted from now on, also those revoked since:',
  );
  for (const { id, workspace, displayName } of keys) cli.print.note(`  ${id}  ${workspace}  ${displayName}`);
  await accept(cli, options, 'Revoke those that must not be, right after the start.', 'restore');
}

async function accept({ io }: Cli, { yes }: Options, message: string, word: string): Promise<void> {
  if (yes || (await confirm(io, message, word))) return;
  throw new CliError(`${message} Nothing was done: confirm on a terminal, or use --yes.`, EXIT.canceled);
}
