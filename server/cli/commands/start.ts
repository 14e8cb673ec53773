import type { Command } from 'commander';
import { examples } from './examples.js';

/** `countersign start`: the service, in this process. */
export function addStart(program: Command): void {
  program
    .command('start')
    .helpGroup('Service:')
    .description('Start the service. Its settings are environment variables.')
    .addHelpText(
      'after',
      examples('countersign start', 'PORT=9090 OTP_DATA_DIR=/var/lib/countersign countersign start'),
    )
    // The module is the process: it installs its signal handlers and decides how it ends.
    .action(async () => void (await import('../../main.js')));
}
