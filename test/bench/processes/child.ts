import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { ProcessResponse } from './requests.js';
import type { Usage } from './usage.js';

interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Options of node itself. */
  readonly execArgv?: readonly string[];
  /** Where standard output goes: a file, because a pipe would keep the bench busy reading. */
  readonly stdout?: string;
}

/** How long a process may take to end after SIGTERM. */
const STOP_MS = 15_000;

/** A process of its own, so that its processor time is its own. */
export class Child {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (response: ProcessResponse) => void>();
  readonly #ended: Promise<void>;
  #asked = 0;
  #failure: Error | undefined;

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** `module`: address of a compiled module, relative to this one, or a whole URL. */
  constructor(module: string, { env = {}, execArgv = [], stdout = devNull }: ChildOptions = {}) {
    const path = fileURLToPath(new URL(module, import.meta.url));
    const output = openSync(stdout, 'a');
    this.#process = fork(path, [], {
      env: { ...process.env, ...env },
      execArgv: ['--import', new URL('./usage.js', import.meta.url).href, ...execArgv],
      stdio: ['ignore', output, 'inherit', 'ipc'],
    });
    closeSync(output);
    this.#process.on('message', (response: ProcessResponse) => this.#waiting.get(response.id)?.(response));
    this.#ended = new Promise((resolve) => {
      this.#process.once('exit', (code, signal) => {
        this.#failure = new Error(`${module} ended with ${signal ?? code}`);
        for (const settle of this.#waiting.values()) settle({ id: 0, error: this.#failure.message });
        resolve();
      });
    });
  }

  /** Throws when the process has ended, which it must not by itself. */
  assertRunning(): void {
    if (this.#failure) throw this.#failure;
  }

  async ask<T>(about: string, value?: unknown): Promise<T> {
    this.assertRunning();
    const id = ++this.#asked;
    const response = await new Promise<ProcessResponse>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#process.send({ id, about, value });
    });
    this.#waiting.delete(id);
    if (response.error !== undefined) throw new Error(response.error);
    return response.value as T;
  }

  usage(): Promise<Usage> {
    return this.ask('usage');
  }

  async stop(): Promise<void> {
    if (this.#failure) return;
    this.#process.kill('SIGTERM');
    const impatient = setTimeout(() => this.#process.kill('SIGKILL'), STOP_MS);
    await this.#ended;
    clearTimeout(impatient);
  }
}
