import { compose } from './compose/index.js';
import { welcome } from './compose/welcome.js';
import { ConfigError, readConfig } from './config.js';
import { SecretsRefused } from './secrets/refusal.js';
import { StoreRefused } from './store/documents.js';

/** The process: reads the environment, runs the service, stops it when told to. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const service = await compose(config);
  const { port } = await service.start();
  process.stdout.write(welcome(config, port, service.firstKeys));

  const stop = () => {
    // A second signal means now.
    process.once('SIGTERM', () => process.exit(1)).once('SIGINT', () => process.exit(1));
    service.stop().then(() => process.exit(0), fail);
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

/** What an operator can mend is one readable message; anything else is a fault of ours and keeps its stack. */
function fail(error: unknown): never {
  const expected =
    error instanceof ConfigError || error instanceof StoreRefused || error instanceof SecretsRefused;
  const listening =
    (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ||
    (error as NodeJS.ErrnoException).code === 'EACCES';
  process.stderr.write(
    `${expected || listening ? (error as Error).message : ((error as Error)?.stack ?? error)}\n`,
  );
  process.exit(1);
}

main().catch(fail);
