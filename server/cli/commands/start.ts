import cluster from 'node:cluster';
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { examples } from './examples.js';
import { openPage } from './openPage.js';

/** `countersign start`: the service, in this process. */
export function addStart(program: Command, cli: Cli): void {
  program
    .command('start')
    .helpGroup('Service:')
    .description('Start the service. Its settings are environment variables.')
    .option('--open', 'then open its console or inbox in a browser')
    .option('--workers <count>', 'processes that serve the port together; the same as OTP_WORKERS')
    .addHelpText(
      'after',
      examples('countersign start --open', 'PORT=9090 OTP_DATA_DIR=/var/lib/countersign countersign start'),
    )
    // The module is the process: it installs its signal handlers and decides how it ends.
    .action(async ({ open, workers }: { readonly open?: true; readonly workers?: string }) => {
      if (workers !== undefined) process.env.OTP_WORKERS = workers;
      const { ready } = await import('../../main.js');
      const url = await ready;
      // Of several processes, each of which runs this command line, one opens it.
      const isFirst = (cluster.worker?.id ?? 1) === 1;
      if (open && isFirst && !(await openPage(url, cli.io.env))) {
        cli.io.stderr.write(`No browser could be started: open ${url} in one.\n`);
      }
    });
}
