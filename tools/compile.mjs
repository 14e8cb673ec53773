// Compiles the service for `npm start`: `node tools/compile.mjs [folder]`, dist unless named. Types are
// checked by `npm run typecheck`; `npm run build` makes the same files and their declarations, in ten times as long.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = process.argv[2] ?? join(root, 'dist');

/** As tsconfig.build.json includes. */
const sources = ['server', 'clients', 'gen'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
);

await build({
  absWorkingDir: root,
  entryPoints: sources,
  outdir: out,
  outbase: '.',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
});
