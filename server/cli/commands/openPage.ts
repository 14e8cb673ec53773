import { spawn } from 'node:child_process';
import type { Environment } from '../../config/settingGroup.js';

/** Pages for people, the first that a service has is opened. */
const PAGES = ['/', '/console', '/inbox', '/docs'];

/** What opens a URL where the environment names no browser. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** Opens a page of the service in a browser, by the program in BROWSER or the one of the system. Resolves to false where none can be started. */
export async function openPage(base: string, env: Environment): Promise<boolean> {
  const url = base + (await firstPage(base));
  const [program, ...args] = env.BROWSER ? [env.BROWSER] : (OPENERS[process.platform] ?? ['xdg-open']);
  return new Promise((resolve) => {
    const child = spawn(program!, [...args, url], { detached: true, stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

async function firstPage(base: string): Promise<string> {
  for (const page of PAGES) {
    const response = await fetch(base + page, { redirect: 'manual' });
    await response.body?.cancel();
    if (response.ok) return page;
  }
  return '/';
}
