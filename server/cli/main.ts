#!/usr/bin/env node
import { runCli } from './program.js';

/** The command line's process. */
const { stdin, stdout, stderr, env } = process;
// Without an await at the top: the single executable is CommonJS.
void runCli(process.argv.slice(2), { stdin, stdout, stderr, env, now: Date.now }).then((status) => {
  process.exitCode = status;
});
