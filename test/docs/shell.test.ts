import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { programsIn, runnableOf, shellBlocksOf } from './support/shellBlocks.js';

const run = promisify(execFile);

/** Which test runs the shell blocks of a page. Blocks that none can run say so in a comment in front of them. */
const RUN_BY: Readonly<Record<string, string>> = {
  'README.md': 'test/docs/readme.test.ts',
  'docs/guides/beneficiaries.md': 'test/docs/guides.test.ts',
  'docs/guides/bind-to-an-operation.md': 'test/docs/guides.test.ts',
  'docs/guides/choose-an-api.md': 'test/docs/readme.test.ts',
  'docs/guides/clients-in-other-languages.md': 'test/docs/cli.test.ts',
  'docs/guides/first-workspace-and-key.md': 'test/docs/guides.test.ts',
  'docs/guides/several-channels.md': 'test/docs/guides.test.ts',
  'docs/operations/backups.md': 'test/docs/cli.test.ts',
  'docs/operations/incidents.md': 'test/docs/cli.test.ts',
  'docs/operations/key-rotation.md': 'test/docs/cli.test.ts',
  'docs/operations/monitoring.md': 'test/docs/cli.test.ts',
  'docs/operations/proxy-and-tls.md': 'test/docs/proxies.test.ts',
  'docs/reference/openapi.md': 'test/docs/cli.test.ts',
  'tools/packages/README.md': 'test/packages/service.test.ts',
};

/** Programs that blocks which are not run may call: a misspelt one is found. */
const PROGRAMS = new Set(
  (
    '.ci/run apt-get buf cargo cat chmod cp countersign curl diff docker git go grep helm jq kubectl mkdir mongodump ' +
    'mongorestore mv mvn node npm npx openssl pip protoc python3 rm runuser sha256sum systemctl ' +
    'tools-java/protoc-linux-x86_64.exe'
  ).split(' '),
);

const FOLDERS = ['docs', 'clients', 'deploy', 'tools'];
const below = async (folder: string) =>
  (await readdir(folder, { recursive: true }))
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .map((name) => join(folder, name));
const paths = [
  ...(await readdir('.')).filter((name) => name.endsWith('.md')),
  ...(await Promise.all(FOLDERS.map(below))).flat(),
];
const pages = await Promise.all(paths.map(async (path) => [path, await readFile(path, 'utf8')] as const));
const withShell = pages.filter(([, text]) => shellBlocksOf(text).length > 0);

describe('the shell blocks of the documentation', () => {
  it('are run by a test, or say why not', () => {
    const runnable = withShell.filter(([, text]) => runnableOf(text).length > 0).map(([path]) => path);
    expect(runnable.toSorted()).toEqual(Object.keys(RUN_BY).toSorted());
  });

  it.each(Object.entries(RUN_BY))('of %s are read by %s', async (path, test) => {
    const name = path.startsWith('docs/guides/') ? path.split('/').at(-1)!.replace('.md', '') : path;
    const support = test.replace(/(\w+)\.test\.ts$/, 'support/$1.ts');
    const sources = [test, ...(existsSync(support) ? [support] : [])].map((file) => readFile(file, 'utf8'));
    expect((await Promise.all(sources)).join('')).toContain(name);
  });

  it.skipIf(process.platform === 'win32').each(withShell)(
    'of %s are of the right form',
    async (_path, text) => {
      for (const { code, unrun } of shellBlocksOf(text)) {
        await run('bash', ['-n', '-c', code]);
        if (unrun === undefined) continue;
        expect(unrun).toMatch(/\w{4}/);
        expect(programsIn(code).filter((name) => !PROGRAMS.has(name))).toEqual([]);
      }
    },
  );
});

describe('what reads them', () => {
  it('finds blocks, their indentation and why they are not run', () => {
    const text =
      '<!-- not run by the tests: needs x -->\n```sh\na\n```\n\n1. One:\n\n   ```sh\n   b \\\n     c\n   ```\n';
    expect(shellBlocksOf(text)).toEqual([
      { code: 'a\n', unrun: 'needs x' },
      { code: 'b \\\n  c\n', unrun: undefined },
    ]);
  });

  it.each([
    ['kubctl get pods | grep x && A=1 B="2 3" docker up', ['kubctl', 'grep', 'docker']],
    ['printf \'%s | rm\' "$(openssl rand 3)" >x', ['openssl']],
    ['for x in a b; do\n  git tag "$x"\ndone', ['git']],
    ['f() {\n  curl x\n}\nf', ['curl']],
    ['go get x    # or npm', ['go']],
  ])('finds the programs of %j', (code, programs) => expect(programsIn(code)).toEqual(programs));
});
