import { Command } from 'commander';
import { VERSION } from '../platform/version.js';
import type { Cli } from './cli.js';
import { addCompletion } from './commands/completion.js';
import { addConfiguration } from './commands/configuration.js';
import { addContext } from './commands/context.js';
import { addInbox } from './commands/inbox.js';
import { addListen } from './commands/listen.js';
import { addRedeem } from './commands/redeem.js';
import { addResend } from './commands/resend.js';
import { addSend } from './commands/send.js';
import { addSessions } from './commands/sessions.js';
import { addSimulate } from './commands/simulate.js';
import { addStart } from './commands/start.js';
import { addTail } from './commands/tail.js';
import { addVerify } from './commands/verify.js';
import { addVersion } from './commands/version.js';
import { addWatch } from './commands/watch.js';
import { addWhy } from './commands/why.js';
import { connect } from './connection.js';
import { resolveTarget, resolveUrl } from './context/target.js';
import { report } from './errors.js';
import type { Io } from './io.js';
import { addBackup } from './local/backup.js';
import { addConfig } from './local/config.js';
import { addDoctor } from './local/doctor.js';
import { addKeyring } from './local/keyring.js';
import { addRestore } from './local/restore.js';
import { createPrinter } from './output/print.js';
import { addResources } from './resources/addResources.js';

/** Every command, in the order in which help lists them. */
const COMMANDS: readonly ((program: Command, cli: Cli) => void)[] = [
  addStart,
  addConfig,
  addDoctor,
  addBackup,
  addRestore,
  addKeyring,
  addSend,
  addVerify,
  addResend,
  addRedeem,
  addWatch,
  addTail,
  addSessions,
  addWhy,
  addInbox,
  addSimulate,
  addConfiguration,
  addResources,
  addListen,
  addContext,
  addCompletion,
  addVersion,
];

/** The command tree. */
export function createProgram(io: Io): Command {
  const program = new Command('countersign');
  const global = () => program.opts<{ readonly json?: true; readonly context?: string }>();
  const isJson = () => Boolean(global().json);
  const target = () => resolveTarget(io.env, global().context);
  const cli: Cli = {
    io,
    print: createPrinter(io, isJson),
    isJson,
    target,
    url: () => resolveUrl(io.env, global().context),
    connect: () => connect(target()),
  };
  program
    .description('A self-hosted one-time-password service, and the commands to operate it.')
    .version(VERSION, '-V, --version', 'print the version')
    .option('--json', 'print one JSON value, errors included')
    .option('-c, --context <name>', 'the service to call; see `countersign context`')
    .helpOption('-h, --help', 'print help')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
    })
    .showHelpAfterError('(`countersign help` lists all commands)')
    .exitOverride();
  for (const add of COMMANDS) add(program, cli);
  return program;
}

/** Runs one command line and returns its exit status. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const program = createProgram(io);
  // Without a command nothing happens: a mistyped one must not make a data folder.
  if (args.length === 0) {
    io.stdout.write(program.helpInformation());
    return 0;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (thrown) {
    return report(thrown, io, Boolean(program.opts().json));
  }
}
