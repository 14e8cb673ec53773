import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';

/** Why commands cannot be run on a terminal here; undefined where they can. */
export const whyNoTerminal = (): string | undefined =>
  /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '')
    ? undefined
    : '`script` of util-linux is not installed';

/** A command that runs on a terminal of its own. */
export interface Terminal {
  /** What was shown so far, prompts and progress included, without what moves the cursor. */
  shown(): string;
  /** The same as the terminal receives it. */
  received(): string;
  /** Waits until the text is shown. Rejects if the command ends before. */
  until(text: string): Promise<void>;
  type(keys: string): void;
  /** Its exit status. */
  readonly ended: Promise<number>;
}

/** Runs a program on a pseudo-terminal, which `script` of util-linux makes. */
export function onTerminal(command: readonly string[], env: Readonly<Record<string, string>>): Terminal {
  const line = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', line, '/dev/null'], {
    env: { PATH: process.env.PATH, TERM: 'xterm-256color', SHELL: '/bin/sh', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const stop = () => child.kill('SIGKILL');
  process.once('exit', stop);
  let received = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  const ended = once(child, 'close').then(([code]) => {
    process.off('exit', stop);
    return code as number;
  });
  const shown = () => stripVTControlCharacters(received).replaceAll('\r', '');
  return {
    shown,
    received: () => received,
    async until(text) {
      const isOver = ended.then(() => true);
      while (!shown().includes(text)) {
        const closed = await Promise.race([once(child.stdout, 'data').then(() => false), isOver]);
        if (closed && !shown().includes(text)) throw new Error(`never shown: ${text}\n${shown()}`);
      }
    },
    type: (keys) => void child.stdin.write(keys),
    ended,
  };
}
