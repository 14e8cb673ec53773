import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copySwaggerUi } from '../openapi/copySwaggerUi.js';
import { clientManifest, type RootManifest, serviceManifest } from './manifests.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Lays out `@countersign/client` in `folder`, which becomes its folder for `npm pack` or `npm publish`. */
export function layOutClient(folder: string): void {
  begin(folder);
  // Contains what the modules of clients/ import from gen/ as well, and nothing of the server.
  compile(['clients'], { outDir: folder, declaration: true });
  for (const name of ['element', 'errors', 'fetch', 'grpc-js', 'node', 'testing', 'web']) {
    cpSync(join(ROOT, 'clients', name, 'README.md'), join(folder, 'clients', name, 'README.md'));
  }
  const readme = readFileSync(join(ROOT, 'clients', 'README.md'), 'utf8');
  writeFileSync(
    join(folder, 'README.md'),
    readme.replaceAll(/\]\((\w[\w-]*\/README\.md)\)/g, '](clients/$1)'),
  );
  writeManifest(folder, clientManifest(rootManifest()));
}

/** Lays out `countersign`, the service and its command line, in `folder`. */
export function layOutService(folder: string): void {
  begin(folder);
  compile(['server', 'clients'], { outDir: join(folder, 'dist'), declaration: false });
  copySwaggerUi(join(folder, 'dist'));
  execFileSync(process.execPath, [join(ROOT, 'clients', 'build.mjs'), join(folder, 'dist', 'screens')], {
    stdio: 'inherit',
  });
  cpSync(join(ROOT, 'tools', 'packages', 'README.md'), join(folder, 'README.md'));
  writeManifest(folder, serviceManifest(rootManifest()));
}

/** An empty folder with the licence. */
function begin(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
}

const rootManifest = () => JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as RootManifest;

interface Output {
  readonly outDir: string;
  readonly declaration: boolean;
}

function compile(include: readonly string[], output: Output): void {
  const scratch = mkdtempSync(join(tmpdir(), 'countersign-pack-'));
  try {
    const config = {
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        rootDir: ROOT,
        typeRoots: [join(ROOT, 'node_modules', '@types')],
        ...output,
      },
      include: include.map((name) => join(ROOT, name)),
    };
    writeFileSync(join(scratch, 'tsconfig.json'), JSON.stringify(config));
    execFileSync(join(ROOT, 'node_modules', '.bin', 'tsc'), ['-p', scratch], { stdio: 'inherit' });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function writeManifest(folder: string, manifest: object): void {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}
