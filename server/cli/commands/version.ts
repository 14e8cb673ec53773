import type { Command } from 'commander';
import { EXIT } from '../../errors.js';
import { VERSION } from '../../platform/version.js';
import type { Cli } from '../cli.js';
import { CliError } from '../errors.js';
import { examples } from './examples.js';

/** `countersign version`. */
export function addVersion(program: Command, cli: Cli): void {
  program
    .command('version')
    .helpGroup('Command line:')
    .description('Print the version, and with --check-server whether the service responds.')
    .option('--check-server', 'call the service')
    .addHelpText('after', examples('countersign version --check-server'))
    .action(async ({ checkServer }: { readonly checkServer?: true }) => {
      if (!checkServer) return cli.print.text(VERSION, { version: VERSION });
      const url = cli.url();
      const response = await fetch(`${url}/readyz`).catch((error: Error) => {
        throw new CliError(
          `${url} cannot be reached: ${(error.cause as Error | undefined)?.message ?? error.message}`,
          EXIT.tryAgain,
        );
      });
      await response.body?.cancel();
      if (!response.ok) throw new CliError(`${url} is not ready (${response.status})`, EXIT.tryAgain);
      cli.print.text(`${VERSION}; ${url} is ready`, { version: VERSION, url, ready: true });
    });
}
