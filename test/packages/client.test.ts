import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layOutClient } from '../../tools/packages/layOut.js';
import { snippetsOf } from '../clients/support/consumer.js';
import { startService, type TestService } from '../support/service.js';
import { createProject, type Project, pack } from './support/install.js';

const BIN = resolve('node_modules/.bin');
const MODULES = ['contract', 'element', 'errors', 'fetch', 'grpc-js', 'node', 'testing', 'web'];

let folder: string;
let archive: string;
let project: Project;
let service: TestService;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-client-'));
  layOutClient(join(folder, 'client'));
  archive = await pack(join(folder, 'client'), folder);
  // Of these, @types/node is what any program for Node has.
  project = await createProject(archive, '@grpc/grpc-js', '@types/node@20', '@types/react@19', 'preact@10');
  service = await startService();
}, 180_000);
afterAll(async () => {
  await service.stop();
  await project.remove();
  await rm(folder, { recursive: true, force: true });
});

/** A program that sends a code with a client. */
const sending = (imports: string) => `
  ${imports}
  const client = createOtpClient({ baseUrl: '${service.baseUrl}', apiKey: '${service.testKey}' });
  client.otp.send({ recipients: { email: 'you@example.com' } }).then(({ session }) => {
    console.log(session?.channels[0]?.maskedRecipient);
    client.close();
  }, (thrown) => console.log(readError(thrown).reason));
`;

describe('@countersign/client, packed and installed', { timeout: 120_000 }, () => {
  it.each(['node', 'grpc-js'])('sends a code from an ES module that imports %s', async (module) => {
    const program = sending(`
      import { createOtpClient } from '@countersign/client/${module}';
      import { readError } from '@countersign/client/errors';`);
    await project.write('send.mjs', program);
    expect(await project.run(process.execPath, 'send.mjs')).toBe('y***@example.com\n');
  });

  it('can be required by a CommonJS module, every module of it', async () => {
    const required = MODULES.map((name) => `require('@countersign/client/${name}');`);
    const program = sending(`
      ${required.join('\n')}
      const { createOtpClient } = require('@countersign/client/node');
      const { readError } = require('@countersign/client/errors');`);
    await project.write('send.cjs', program);
    // Node 20 warns that require() of ES modules is new; the warning goes to standard error.
    expect(await project.run(process.execPath, 'send.cjs')).toBe('y***@example.com\n');
  });

  it('fails where another module of it is imported than it exports', async () => {
    await project.write('inside.mjs', "import '@countersign/client/calling/repeat.js';");
    await expect(project.run(process.execPath, 'inside.mjs')).rejects.toThrow(
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
    );
  });

  it.each([
    ['nodenext', 'nodenext', 'ts'],
    ['nodenext', 'nodenext', 'cts'],
    ['esnext', 'bundler', 'ts'],
  ])(
    'type-checks strictly with module %s and resolution %s in a .%s file',
    async (module, moduleResolution, extension) => {
      const imports = MODULES.map((name, i) => `import * as m${i} from '@countersign/client/${name}';`);
      const used = `export const all = [${MODULES.map((_, i) => `m${i}`).join(', ')}];`;
      const name = `uses-${moduleResolution}.${extension}`;
      await project.write(
        name,
        `${imports.join('\n')}
       import { createOtpClient } from '@countersign/client/node';
       ${used}
       export async function masked(baseUrl: string, apiKey: string): Promise<string | undefined> {
         const { session } = await createOtpClient({ baseUrl, apiKey }).otp.send({ recipients: { email: 'you@example.com' } });
         return session?.channels[0]?.maskedRecipient;
       }
       // @ts-expect-error: a wrong type is found
       createOtpClient({ baseUrl: 1, apiKey: '' });`,
      );
      await project.write(
        'tsconfig.json',
        JSON.stringify({
          compilerOptions: {
            target: 'es2022',
            lib: ['es2022', 'dom'],
            module,
            moduleResolution,
            strict: true,
            noEmit: true,
            types: ['node'],
          },
          files: [name],
        }),
      );
      expect(await project.run(join(BIN, 'tsc'), '-p', '.')).toBe('');
    },
  );

  it('is small in a browser: only what is imported is bundled', async () => {
    const sizes = async (imported: string) => {
      const { outputFiles } = await build({
        stdin: {
          contents: `export { ${imported} } from '@countersign/client/web';`,
          resolveDir: project.dir,
        },
        bundle: true,
        minify: true,
        format: 'esm',
        platform: 'browser',
        write: false,
      });
      const { contents } = outputFiles[0]!;
      return { raw: contents.length, gzip: gzipSync(contents).length };
    };
    expect((await sizes('createOtpInput')).raw).toBeLessThan(2_000);
    const { raw, gzip } = await sizes('createSessionClient');
    expect(raw).toBeLessThan(160_000);
    expect(gzip).toBeLessThan(46_000);
  });

  it('defines its element where that alone is imported, in 2 kB', async () => {
    const { outputFiles } = await build({
      stdin: { contents: "import '@countersign/client/element';", resolveDir: project.dir },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      write: false,
    });
    const { text } = outputFiles[0]!;
    expect(text).toContain('customElements.define("countersign-otp"');
    expect(gzipSync(text).length).toBeLessThan(2_048);
  });

  it.each(['react', 'preact'])('has types of its element for HTML and for JSX of %s', async (library) => {
    const inHtml = (await snippetsOf('clients/element/README.md')).at(0) ?? '';
    const [, inJsx = ''] =
      /```tsx\n([\s\S]*?)```/.exec(await readFile('clients/element/README.md', 'utf8')) ?? [];
    await project.write('html.ts', inHtml);
    await project.write('code.tsx', inJsx.replace('element/react', `element/${library}`));
    await project.write(
      'wrong.tsx',
      `import type {} from '@countersign/client/element/${library}';
       export const fine = <countersign-otp src="https://otp.example.com/v/1#t=2" name="otp" submit />;
       // @ts-expect-error: src is a URL
       export const one = <countersign-otp src={1} />;
       // @ts-expect-error: src is required
       export const two = <countersign-otp name="otp" />;
       // @ts-expect-error: there is no such detail
       export const three = <countersign-otp src="" onended={({ detail }) => detail.sessionId} />;`,
    );
    const compilerOptions = {
      target: 'es2022',
      lib: ['es2022', 'dom'],
      module: 'esnext',
      moduleResolution: 'bundler',
      jsx: 'react-jsx',
      jsxImportSource: library,
      strict: true,
      noEmit: true,
      types: [],
    };
    const files = ['html.ts', 'code.tsx', 'wrong.tsx'];
    await project.write('tsconfig.json', JSON.stringify({ compilerOptions, files }));
    expect(await project.run(join(BIN, 'tsc'), '-p', '.')).toBe('');
  });

  it('is a small archive without sources of the service or of tests', async () => {
    expect((await stat(archive)).size).toBeLessThan(80_000);
    const { files } = JSON.parse(
      await project.run('npm', 'pack', '--dry-run', '--json', join(folder, 'client')),
    )[0] as { readonly files: readonly { readonly path: string }[] };
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'clients/node/index.d.ts']));
    expect(
      paths.filter(
        (path) =>
          !/^(clients|gen\/(otp\/v1|google\/rpc))\/|^gen\/otp\/admin\/v1\/inbox_service_pb\.|^(LICENSE|README\.md|package\.json)$/.test(
            path,
          ),
      ),
    ).toEqual([]);
  });

  it('passes publint and the check of its types', async () => {
    const { messages } = await publint({ pkgDir: join(folder, 'client'), strict: true });
    expect(messages).toEqual([]);
    await project.run(join(BIN, 'attw'), archive, '--profile', 'esm-only');
    await project.run(
      join(BIN, 'attw'),
      archive,
      '--profile',
      'node16',
      '--ignore-rules',
      'cjs-resolves-to-esm',
    );
  });

  it('has its version and dependency ranges from the repository', async () => {
    const { version, dependencies } = JSON.parse(await readFile('package.json', 'utf8'));
    const installed = JSON.parse(await readFile(join(folder, 'client/package.json'), 'utf8'));
    expect(installed.version).toBe(version);
    expect(installed.dependencies['@connectrpc/connect-web']).toBe(
      `~${dependencies['@connectrpc/connect-web']}`,
    );
    expect(installed.peerDependenciesMeta).toEqual({ '@grpc/grpc-js': { optional: true } });
  });
});
