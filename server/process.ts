import cluster from 'node:cluster';
import { setTimeout as pause } from 'node:timers/promises';
import type { Service } from './compose/service.js';
import { urlOf, welcome } from './compose/welcome.js';
import { type Config, ConfigError, readConfig } from './config/config.js';
import { VENDOR_SETTINGS } from './delivery/vendors/index.js';
import { Failure } from './errors.js';
import { endStart } from './platform/startMemory.js';
import { SecretsRefused } from './secrets/keyring/refusal.js';
import { StoreRefused } from './store/documents.js';
import { holdPort } from './workers/holdPort.js';
import { joinSiblings, type Siblings } from './workers/siblings.js';

/**
 * npm passes on the Ctrl-C that the terminal gives to everyone in it, so one key
 * stroke comes twice. A second within this time is the first one again.
 */
const ECHO_MS = 1_000;
/** A Ctrl-C takes at least this long: an ending process cannot distinguish an echo from a second Ctrl-C. */
const ECHO_COMES_MS = 200;

/** How long the end waits for the log's reader. */
const LOG_MS = 2_000;

/** EX_CONFIG of sysexits.h: a supervisor need not start the process again until a setting has changed. */
const WRONG_CONFIGURATION = 78;

/** The process: reads the environment, runs the service, stops it on a signal. Resolves to its URL once it is ready. */
async function main(): Promise<string> {
  let stopping = false;
  const config = readConfig(process.env, VENDOR_SETTINGS);
  const isShared = config.workers > 1;
  if (isShared && cluster.isPrimary) process.exit(await holdPort(config.workers));
  const siblings = isShared ? joinSiblings(config.workers) : undefined;
  const running = start(config, siblings);
  const stop = (signal: NodeJS.Signals) => {
    stopping = true;
    const receivedAt = performance.now();
    process.off('SIGTERM', stop).off('SIGINT', stop);
    // A second signal means now.
    process
      .once('SIGTERM', () => process.exit(1))
      .on('SIGINT', () => {
        if (performance.now() - receivedAt > ECHO_MS) process.exit(1);
      });
    const echoed = signal === 'SIGINT' ? pause(ECHO_COMES_MS) : undefined;
    running
      .then(({ service }) => {
        setTimeout(endNow, service.stopLimitMs).unref();
        return service.stop().then(() => service.logWritten(LOG_MS));
      })
      .then(async (isWritten) => {
        await echoed;
        if (isWritten) process.exit(0);
        endNow();
      }, fail);
  };
  // Before anything can know that it runs, and signal it to stop.
  process.once('SIGTERM', stop).once('SIGINT', stop);
  // Of the process that holds the port, which passes it on: a signal may have reached all of them already.
  siblings?.onStop(() => !stopping && stop('SIGTERM'));
  // Its default ends the process; here it means that files have changed.
  process.on('SIGHUP', () => void running.then(({ service }) => service.reload()));
  const { service, url } = await running;
  service.refused.then(endForOtherRelease);
  return url;
}

/** Without the exit handlers: one of them writes what is left of the log, and waits for as long as it is not read. */
function endNow(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** Ends at once: nothing can be written any more, and the supervisor starts the release installed now. */
function endForOtherRelease(why: StoreRefused): never {
  process.stderr.write(`${why.message}\n`);
  process.exit(TRY_AGAIN);
}

interface Started {
  readonly service: Service;
  readonly url: string;
}

async function start(config: Config, siblings: Siblings | undefined): Promise<Started> {
  // Loaded here: a process that only holds the port does without.
  const { compose } = await import('./compose/index.js');
  const service = await compose(config, siblings ? { siblings } : {});
  const { port } = await service.start();
  endStart();
  siblings?.ready();
  if (siblings?.isFirst !== false) process.stdout.write(welcome(config, port, service));
  return { service, url: urlOf(config, port) };
}

/** EX_TEMPFAIL of sysexits.h. */
const TRY_AGAIN = 75;

/** What an operator can correct is one readable message; anything else is a bug and keeps its stack. */
function fail(error: unknown): never {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(error instanceof ConfigError ? WRONG_CONFIGURATION : 1);
}

function explain(error: unknown): string {
  if (error instanceof ConfigError || error instanceof StoreRefused || error instanceof SecretsRefused) {
    return error.message;
  }
  if (error instanceof Failure && error.reason === 'STORE_UNAVAILABLE') {
    const { cause } = error.details;
    return cause instanceof Error ? cause.message : error.message;
  }
  const { syscall, code, message, stack } = error as NodeJS.ErrnoException;
  if (syscall === 'listen' || syscall === 'bind' || syscall === 'getaddrinfo') {
    return `HOST and PORT name no address to listen on: ${message}${HINTS[code ?? ''] ?? ''}.`;
  }
  return stack ?? String(error);
}

const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: '; set PORT to one that is free, or to 0 for any',
  EACCES: '; ports below 1024 are for the administrator',
};

/** The URL of the service, for `countersign start`. */
export const ready = main();
ready.catch(fail);
