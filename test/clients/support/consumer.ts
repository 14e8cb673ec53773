import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { layOutClient } from '../../../tools/packages/layOut.js';

const run = promisify(execFile);
const ROOT = resolve('.');
const TSC = join(ROOT, 'node_modules/.bin/tsc');

/** A program that has the package installed and can import only what package.json exports. */
export interface Consumer {
  readonly dir: string;
  /** Compiles TypeScript modules, by name, strictly; throws what the compiler says. */
  compile(modules: Readonly<Record<string, string>>): Promise<void>;
  remove(): Promise<void>;
}

/** Compiles the client package as it is published. */
export async function createConsumer(): Promise<Consumer> {
  const dir = await mkdtemp(join(tmpdir(), 'countersign-consumer-'));
  const installed = join(dir, 'node_modules/@countersign/client');
  layOutClient(installed);
  await symlink(join(ROOT, 'node_modules'), join(installed, 'node_modules'));
  await symlink(join(ROOT, 'node_modules/@types'), join(dir, 'node_modules/@types'));
  await writeFile(join(dir, 'package.json'), '{ "type": "module" }');
  return {
    dir,
    async compile(modules) {
      for (const [name, text] of Object.entries(modules)) await writeFile(join(dir, `${name}.ts`), text);
      await tsc(join(dir, 'tsconfig.json'), {
        compilerOptions: { target: 'es2022', module: 'nodenext', strict: true, types: ['node'] },
        files: Object.keys(modules).map((name) => `${name}.ts`),
      });
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

async function tsc(path: string, config: object): Promise<void> {
  await writeFile(path, JSON.stringify(config));
  await run(TSC, ['-p', path]).catch((error: { stdout?: string }) => {
    throw new Error(`the compiler says: ${error.stdout}`);
  });
}

/** The TypeScript blocks of a text in Markdown. */
export async function snippetsOf(path: string): Promise<string[]> {
  const text = await readFile(join(ROOT, path), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
}
