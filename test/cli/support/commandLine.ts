import { Readable } from 'node:stream';
import { runCli } from '../../../server/cli/program.js';
import type { Environment } from '../../../server/config/settingGroup.js';

/** How a command ended and what it wrote. */
export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

interface Options {
  readonly input?: string;
  /** Whether standard output is a terminal. */
  readonly terminal?: boolean;
}

/** Runs command lines in this process, with this environment and no other. */
export function commandLine(env: Environment, now: () => number = Date.now) {
  return async (args: readonly string[], { input = '', terminal = false }: Options = {}): Promise<Ran> => {
    let out = '';
    let err = '';
    const status = await runCli(args, {
      stdin: Readable.from(input ? [input] : []),
      stdout: { write: (text) => (out += text), isTTY: terminal },
      stderr: { write: (text) => (err += text) },
      env,
      now,
    });
    return { status, out, err };
  };
}
