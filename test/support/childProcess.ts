import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A TypeScript program of the tests, running in a process of its own. */
export interface Child {
  readonly process: ChildProcess;
  /** What it writes, line by line. To be called at once. */
  lines(): AsyncIterable<string>;
  /** Resolves with everything it wrote when it ends well; rejects with what it complained about. */
  finished(): Promise<string>;
}

/** `through` puts another program before Node, such as a shell that sets limits first. */
export function startChild(script: URL, args: readonly string[], through: readonly string[] = []): Child {
  const command = [...through, process.execPath, '--import', 'tsx', fileURLToPath(script), ...args];
  const child = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const ended = once(child, 'close') as Promise<[number | null, string | null]>;
  return {
    process: child,
    lines: () => createInterface({ input: child.stdout }),
    async finished() {
      const [code, signal] = await ended;
      if (code !== 0) throw new Error(`the child ended with ${code ?? signal}: ${complaint}`);
      return output;
    },
  };
}
