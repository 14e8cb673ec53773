#!/usr/bin/env node
import { runCli } from './program.js';

/** The command line's process. */
const { stdin, stdout, stderr, env } = process;
// A reader such as `head` that has enough ends the command, but not the service, whose log need not be read.
if (process.argv[2] !== 'start') {
  stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') process.exit(0);
  });
}
// Without an await at the top: the single executable is CommonJS.
void runCli(process.argv.slice(2), { stdin, stdout, stderr, env, now: Date.now }).then((status) => {
  process.exitCode = status;
});
