import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layOutService } from '../../tools/packages/layOut.js';
import { runnableOf } from '../docs/support/shellBlocks.js';
import { createProject, type Project, pack } from './support/install.js';

/** The commands of the package's README. */
const [start, help] = runnableOf(await readFile('tools/packages/README.md', 'utf8'));

let folder: string;
let project: Project;
const running = new Set<ChildProcess>();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-service-'));
  layOutService(join(folder, 'countersign'));
  project = await createProject(await pack(join(folder, 'countersign'), folder));
}, 240_000);
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await project.remove();
  await rm(folder, { recursive: true, force: true });
});

describe('countersign, packed and installed in an empty folder', { timeout: 120_000 }, () => {
  it('starts with npx, prints keys that work, and ends on SIGTERM', async () => {
    const child = spawn(start!, {
      shell: true,
      cwd: project.dir,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
      // npx does not pass signals on to what it runs.
      detached: true,
    });
    running.add(child);
    let output = '';
    for await (const chunk of child.stdout) {
      output += chunk;
      if (/CODE=/.test(output)) break;
    }
    const baseUrl = /ready on (\S+),/.exec(output)![1]!;
    // Its files are in the package: swagger-ui-dist is not installed.
    const script = /src="(\/docs\/swagger[^"]+)"/.exec(await (await fetch(`${baseUrl}/docs`)).text())![1]!;
    expect((await fetch(baseUrl + script)).status).toBe(200);
    // The pages were built into it: esbuild and their sources are not there.
    const page = await (await fetch(`${baseUrl}/console`)).text();
    const screen = /src="(\/screens\/[^"]+)"/.exec(page)![1]!;
    expect((await fetch(baseUrl + screen)).status).toBe(200);
    const key = /live {2}(\S+)/.exec(output)![1]!;
    const env = { PATH: process.env.PATH, HOME: folder, COUNTERSIGN_URL: baseUrl, COUNTERSIGN_API_KEY: key };
    const cli = async (args: readonly string[], input = '') => {
      const program = spawn('npx', ['countersign', ...args], { cwd: project.dir, env });
      program.stdin.end(input);
      let written = '';
      for await (const chunk of program.stdout) written += chunk;
      return written;
    };
    const sent = JSON.parse(await cli(['send', 'you@example.com', '--json']));
    const code = await cli(['inbox', 'code', 'you@example.com']);
    expect(await cli(['verify', sent.session.id], code)).toMatch(/^otvt_\w{58}\n$/);
    process.kill(-child.pid!, 'SIGTERM');
    await once(child, 'close');
    running.delete(child);
    expect(await readdir(join(project.dir, 'data'))).toContain('countersign.db');
  });

  it('prints its version and help, and refuses an unknown command', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(await project.run('npx', 'countersign', '--version')).toBe(`${version}\n`);
    expect(await project.run('npx', 'countersign')).toContain('Usage: countersign');
    expect(await project.run('bash', '-c', help!)).toContain('Usage: countersign');
    await expect(project.run('npx', 'countersign', 'strat')).rejects.toThrow('Did you mean start?');
  });

  it('installs nothing that only development needs', async () => {
    const { devDependencies } = JSON.parse(await readFile('package.json', 'utf8'));
    const { dependencies } = JSON.parse(await readFile(join(folder, 'countersign/package.json'), 'utf8'));
    expect(Object.keys(devDependencies).filter((name) => name in dependencies)).toEqual([]);
  });
});
