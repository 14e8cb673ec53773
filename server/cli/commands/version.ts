import type { Command } from 'commander';
import { AccessService } from '../../../gen/otp/admin/v1/access_service_pb.js';
import { VERSION } from '../../platform/version.js';
import type { Cli } from '../cli.js';
import { examples } from './examples.js';

/** `countersign version`. */
export function addVersion(program: Command, cli: Cli): void {
  program
    .command('version')
    .helpGroup('Command line:')
    .description('Print the version, and with --check-server that of the service as well.')
    .option('--check-server', 'call the service, with the key')
    .addHelpText('after', examples('countersign version', 'countersign version --check-server'))
    .action(async ({ checkServer }: { readonly checkServer?: true }) => {
      if (!checkServer) return cli.print.text(VERSION, { version: VERSION });
      const url = cli.url();
      const { version: server, development } = await cli.connect().client(AccessService).whoAmI({});
      const mode = development ? ', in development' : '';
      cli.print.text(`${VERSION}; ${url} runs ${server}${mode}`, {
        version: VERSION,
        url,
        server,
        development,
      });
      if (server !== VERSION) {
        cli.print.note('They differ: a command may know fields or methods that the service does not have.');
      }
    });
}
