import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** A Chromium, and the environment that it needs. */
export interface FoundBrowser {
  readonly executablePath: string;
  readonly env: Readonly<Record<string, string>>;
}

const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/**
 * The Chromium that CHROMIUM names, else one that is installed, else the one
 * inside an npm package. Undefined where none can run here.
 */
export async function findBrowser(): Promise<FoundBrowser | undefined> {
  const path = process.env.CHROMIUM || INSTALLED.find((one) => existsSync(one));
  if (path) return { executablePath: path, env: {} };
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const folder = resolve('.cache', 'chromium');
  if (!existsSync(folder)) await unpack(folder);
  const executablePath = join(folder, 'chromium');
  // The package has the libraries that a bare machine lacks. One that has them of its own uses those.
  return [{}, { LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') }]
    .map((env: Record<string, string>) => ({ executablePath, env }))
    .find(runs);
}

function runs({ executablePath, env }: FoundBrowser): boolean {
  try {
    execFileSync(executablePath, ['--version'], { env: { ...process.env, ...env }, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Aside, and put in place when it is whole: several test files may do it at once. */
async function unpack(folder: string): Promise<void> {
  const aside = `${folder}.${process.pid}`;
  await mkdir(aside, { recursive: true });
  // What makes the package unpack there, its libraries as well.
  const changed = { TMPDIR: aside, AWS_LAMBDA_JS_RUNTIME: 'nodejs20.x' };
  const before = { ...process.env };
  Object.assign(process.env, changed);
  try {
    const { default: chromium } = await import('@sparticuz/chromium');
    await chromium.executablePath();
  } finally {
    for (const name of [...Object.keys(changed), 'LD_LIBRARY_PATH', 'FONTCONFIG_PATH', 'HOME']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
  await rename(aside, folder).catch(() => rm(aside, { recursive: true, force: true }));
}
