import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build, type Plugin } from 'esbuild';

const require = createRequire(import.meta.url);

/** The native parts of the service on Linux of a processor architecture, by the name under which they are required. */
export const nativeParts = (arch: string): Readonly<Record<string, string>> => ({
  [`@libsql/linux-${arch}-gnu`]: require.resolve(`@libsql/linux-${arch}-gnu/index.node`),
  [`@node-rs/argon2-linux-${arch}-gnu`]: require.resolve(`@node-rs/argon2-linux-${arch}-gnu`),
});

/** Loads a native part out of the executable: the loader of the system takes files only. */
const fromAsset = (name: string): string => `
const sea = require('node:sea'), fs = require('node:fs'), path = require('node:path');
const folder = fs.mkdtempSync(path.join(require('node:os').tmpdir(), 'countersign-'));
const file = path.join(folder, 'native.node');
fs.writeFileSync(file, Buffer.from(sea.getRawAsset(${JSON.stringify(name)})));
process.dlopen(module, file);
fs.rmSync(folder, { recursive: true });`;

function assets(native: Readonly<Record<string, string>>): Plugin {
  return {
    name: 'native parts',
    setup(on) {
      on.onResolve({ filter: /^(@libsql\/|@node-rs\/argon2-)/ }, ({ path }) => {
        if (path.endsWith('package.json')) return undefined;
        return path in native ? { path, namespace: 'native' } : { path, external: true };
      });
      on.onResolve({ filter: /\.(node|cjs)$/ }, ({ path }) => ({ path, external: true }));
      on.onLoad({ filter: /.*/, namespace: 'native' }, ({ path }) => ({
        loader: 'js',
        contents: fromAsset(path),
      }));
      // libsql chooses its binary by a template string, which a bundler cannot follow.
      const libsql = Object.keys(native).find((name) => name.startsWith('@libsql/'));
      on.onLoad({ filter: /libsql[/\\](index|promise)\.js$/ }, ({ path }) => {
        const source = readFileSync(path, 'utf8');
        const contents = source.replace(/require\(`@libsql\/[^`]*`\)/, `require(${JSON.stringify(libsql)})`);
        if (contents === source) throw new Error(`${path} loads its native part in another way than it did`);
        return { loader: 'js', contents };
      });
    },
  };
}

/** Bundles the built service with everything it imports into one file of CommonJS. */
export async function bundle(entry: string, outfile: string, native: Readonly<Record<string, string>>) {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    minify: true,
    logLevel: 'warning',
    plugins: [assets(native)],
  });
}
