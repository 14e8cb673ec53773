import { spawnSync } from 'node:child_process';

/** One thing that is looked at, which not every machine can do. */
export interface Part {
  readonly name: string;
  /** Resolves to how it went: `N passed, N failed`, or `skipped: why`. Rejects only for faults of its own. */
  run(): Promise<string>;
}

/** What a command left behind. */
export interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}

/** Runs a command to its end. Its output is kept, to be shown on failure. */
export function command(
  file: string,
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly input?: string;
  } = {},
): Outcome {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    encoding: 'utf8',
    input: options.input,
    maxBuffer: 64 << 20,
  });
  return { ok: status === 0, output: `${stdout ?? ''}${stderr ?? ''}${error ? `${error.message}\n` : ''}` };
}

/** Counts checks that are either right or print what is wrong. */
export function counting() {
  let passed = 0;
  let failed = 0;
  return {
    add(what: string, { ok, output }: Outcome): boolean {
      if (ok) passed++;
      else {
        failed++;
        process.stdout.write(`FAILED ${what}\n${output}\n`);
      }
      return ok;
    },
    result: () => `${passed} passed, ${failed} failed`,
  };
}

/** Whether a command is there at all. */
export const has = (file: string, ...args: readonly string[]): boolean => command(file, args).ok;

/** Runs parts one after another and prints how each went. Resolves to whether none failed. */
export async function runParts(parts: readonly Part[]): Promise<boolean> {
  let good = true;
  for (const { name, run } of parts) {
    const startedAt = performance.now();
    const result = await run();
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
    process.stdout.write(`${name}: ${result} (${seconds} s)\n`);
    if (!result.endsWith(' 0 failed') && !result.startsWith('skipped: ')) good = false;
  }
  return good;
}
