// Builds what browsers load: `node clients/build.mjs [folder]`, dist/screens unless named. Part of `npm start`.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = process.argv[2] ?? join(root, 'dist', 'screens');

/** Each screen, by the name that server/screens finds it under: a script and a style sheet. */
const SCREENS = {
  console: ['clients/console/main.tsx', 'clients/console/app.css'],
  components: ['clients/console/components.tsx', 'clients/console/app.css'],
  inbox: ['clients/inbox/main.tsx', 'clients/inbox/inbox.css'],
  portal: ['clients/console/portal.tsx', 'clients/console/app.css'],
  landing: ['clients/landing/main.ts', 'clients/landing/landing.css'],
  verify: ['clients/verify/main.ts', 'clients/verify/page.css'],
};

const WIDGET = 'clients/element/index.ts';

/**
 * The rules of requests are checked by the service; 12 KB (gzip) of their
 * descriptors stay out of the browser, and an empty file takes their place.
 */
const RULES = 'buf/validate/validate.proto';
const emptyRules = Buffer.from([
  10,
  RULES.length,
  ...Buffer.from(RULES),
  18,
  12,
  ...Buffer.from('buf.validate'),
]).toString('base64');
const withoutRules = {
  name: 'without rules',
  setup(on) {
    on.onResolve({ filter: /buf\/validate\/validate_pb(\.js)?$/ }, () => ({
      path: RULES,
      namespace: 'empty',
    }));
    on.onLoad({ filter: /./, namespace: 'empty' }, () => ({
      contents: `import { fileDesc } from '@bufbuild/protobuf/codegenv2';
export const file_buf_validate_validate = fileDesc('${emptyRules}');`,
      resolveDir: root,
    }));
  },
};

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [
    { in: WIDGET, out: 'widget' },
    ...Object.entries(SCREENS).flatMap(([name, files]) => files.map((file) => ({ in: file, out: name }))),
  ],
  outdir: out,
  entryNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  publicPath: '/screens',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  loader: { '.woff2': 'file' },
  jsx: 'automatic',
  jsxImportSource: 'preact',
  plugins: [withoutRules],
  metafile: true,
  logLevel: 'warning',
});

/** Which file is whose: `{screens: {console: {js, css}}}`. */
const built = new Map(
  Object.entries(metafile.outputs).flatMap(([file, { entryPoint }]) =>
    entryPoint ? [[entryPoint, basename(file)]] : [],
  ),
);
const screens = Object.fromEntries(
  Object.entries(SCREENS).map(([name, [js, css]]) => [name, { js: built.get(js), css: built.get(css) }]),
);
/** `<countersign-otp>`, for pages of other origins, which may pin what they load. */
const widget = built.get(WIDGET);
const integrity = createHash('sha384')
  .update(readFileSync(join(out, widget)))
  .digest('base64');
/** The texts of the verification page, by language. */
const locales = join(root, 'clients', 'verify', 'locales');
const words = Object.fromEntries(
  readdirSync(locales).map((name) => [
    basename(name, '.json'),
    JSON.parse(readFileSync(join(locales, name), 'utf8')),
  ]),
);
writeFileSync(join(out, 'verify-words.json'), JSON.stringify(words));
writeFileSync(
  join(out, 'manifest.json'),
  JSON.stringify({ screens, widget: { file: widget, integrity: `sha384-${integrity}` } }),
);
