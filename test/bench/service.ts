import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../support/freePort.js';
import type { Measurable } from './contest.js';
import { Child } from './processes/child.js';
import { treeMicros } from './processes/threads.js';

/** A running service, started as `npm start` starts it. */
export interface RunningService {
  readonly child: Child;
  readonly port: number;
  /** Every scope, live. */
  readonly apiKey: string;
  /** From the start of the process until /readyz responded 200, milliseconds. */
  readonly readyAfterMs: number;
  /** Processor time of all its processes. */
  usage: Measurable['usage'];
  stop(): Promise<void>;
}

/** Longer than any start that is worth measuring. */
const START_MS = 30_000;

interface StartOptions {
  /** Folder for a CPU profile of the process. */
  readonly profile?: string | undefined;
  /** The compiled main module: that of this build, unless another is to be measured. */
  readonly main?: string;
}

/** Starts dist/server/main.js and waits until it is ready. `env` names the store (OTP_DATA_DIR, MONGODB_URI). */
export async function startService(
  env: Readonly<Record<string, string>> & { readonly OTP_DATA_DIR: string },
  { profile, main = '../../../server/main.js' }: StartOptions = {},
): Promise<RunningService> {
  const port = await freePort();
  const apiKey = `sk_otp_live_${randomBytes(24).toString('base64url')}`;
  await mkdir(env.OTP_DATA_DIR, { recursive: true });
  const startedAt = performance.now();
  const child = new Child(main, {
    env: { PORT: `${port}`, OTP_BOOTSTRAP_API_KEY: apiKey, MONGODB_URI: '', ...env },
    // The log is on, as it is by default.
    stdout: join(env.OTP_DATA_DIR, 'log'),
    execArgv: profile ? ['--cpu-prof', `--cpu-prof-dir=${resolve(profile)}`] : [],
  });
  while (!(await isReady(port))) {
    child.assertRunning();
    if (performance.now() - startedAt > START_MS) throw new Error('the service does not become ready');
    await pause(2);
  }
  const readyAfterMs = performance.now() - startedAt;
  const usage: Measurable['usage'] =
    Number(env.OTP_WORKERS ?? 1) > 1
      ? async () => ({ cpuMicros: treeMicros(child.pid), mainMicros: undefined })
      : () => child.usage();
  return { child, port, apiKey, readyAfterMs, usage, stop: () => child.stop() };
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200;
  } catch {
    return false;
  }
}
