import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { InboxMessage } from '../../server/delivery/vendors/inbox/messages.js';
import { builtMain } from './builtServer.js';
import { inboxTokenIn, readInbox } from './inbox.js';

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The service in a process of its own, started as `npm start` starts it. */
export interface ServiceProcess {
  readonly baseUrl: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** What it wrote to standard output: the welcome, and its log. */
  output(): string;
  complaints(): string;
  /** The messages of its development inbox, newest first. */
  inbox(): Promise<InboxMessage[]>;
  /** Resolves when it has ended. */
  readonly ended: Promise<Ending>;
  /** Ends it, by default with SIGTERM. */
  end(signal?: NodeJS.Signals): Promise<Ending>;
}

export interface ProcessOptions {
  /** Milliseconds by which its clock is ahead of this machine's. */
  readonly ahead?: number;
  /** Another program before Node, such as a shell that sets limits first. */
  readonly through?: readonly string[];
}

/** What a start that was refused left behind. */
export interface Refused extends Ending {
  readonly output: string;
  readonly complaints: string;
}

const running = new Set<ChildProcess>();
// Also when the run ends in a way that no test sees.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts the service on a free port and waits until it is ready. Throws what it complained about when it ends instead. */
export async function startProcess(
  env: Readonly<Record<string, string>>,
  options: ProcessOptions = {},
): Promise<ServiceProcess> {
  const child = await spawned(env, options);
  const ready = new Promise<string>((resolve) => {
    child.process.stdout?.on('data', () => {
      const address = /ready on (https?:\/\/\S+?),/.exec(child.output())?.[1];
      if (address) resolve(address);
    });
  });
  const baseUrl = await Promise.race([ready, child.ended.then(() => undefined)]);
  if (baseUrl === undefined) throw new Error(`the service did not start: ${child.complaints()}`);
  const inbox = () => readInbox(baseUrl, inboxTokenIn(child.output()));
  return { ...child, baseUrl, inbox, port: Number(new URL(baseUrl).port) };
}

/** Starts the service where it shall not start, and waits for its end. */
export async function refusedStart(env: Readonly<Record<string, string>>): Promise<Refused> {
  const { ended, output, complaints } = await spawned(env, {});
  return { ...(await ended), output: output(), complaints: complaints() };
}

async function spawned(env: Readonly<Record<string, string>>, { ahead = 0, through = [] }: ProcessOptions) {
  const later = `const now = Date.now; Date.now = () => now() + ${ahead};`;
  const early = ahead === 0 ? [] : ['--import', `data:text/javascript,${encodeURIComponent(later)}`];
  const [program, ...rest] = [...through, process.execPath, ...early, await builtMain()];
  const child = spawn(program!, rest, {
    // Without the settings of the person who runs the tests.
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const ended = once(child, 'close').then(([code, signal]): Ending => {
    running.delete(child);
    return { code, signal };
  });
  return {
    process: child,
    output: () => output,
    complaints: () => complaints,
    ended,
    end(signal: NodeJS.Signals = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}
