import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERRORS } from '../../server/errors.js';
import { screensForSuite } from '../browser/support/screensForSuite.js';
import { startService, type TestService } from '../support/service.js';
import { ALL_OPTIONS, codeOf, commandsIn, faultOf, VARIABLES } from './support/names.js';

const FOLDERS = ['docs', 'clients', 'deploy', 'tools'];
const paths = [
  ...(await readdir('.')).filter((name) => name.endsWith('.md') && name !== 'CHANGELOG.md'),
  ...(
    await Promise.all(
      FOLDERS.map(async (folder) =>
        (
          await readdir(folder, { recursive: true })
        )
          .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
          .map((name) => join(folder, name)),
      ),
    )
  ).flat(),
];
const texts = await Promise.all(paths.map(async (path) => [path, await readFile(path, 'utf8')] as const));
const { scripts } = JSON.parse(await readFile('package.json', 'utf8'));

/** Variables of the programs that examples show, which the service does not read. */
const EXAMPLES = new Set(['OTP_URL', 'OTP_API_KEY', 'OTP_TARGET', 'OTP_ACCEPT_SANDBOX']);
/** The page whose left column has the calls of others. */
const OF_OTHERS = 'docs/guides/from-another-vendor.md';

describe.each(texts)('%s', (_path, text) => {
  const { inline, shell } = codeOf(text);

  it('names commands, options and scripts that exist', () => {
    const faults = [
      ...inline.flatMap(commandsIn).map((line) => faultOf(line, false)),
      ...shell.flatMap(commandsIn).map((line) => faultOf(line, true)),
      ...inline
        .filter((code) => /^--[a-z][a-z-]*(=|$)/.test(code) && !ALL_OPTIONS.has(code.split('=')[0]!))
        .map((code) => `there is no option ${code}`),
      ...[...text.matchAll(/npm run (?:-s )?([\w:-]+)/g)]
        .filter(([, script]) => !(script! in scripts))
        .map(([command]) => `there is no script: ${command}`),
    ];
    expect(faults.filter(Boolean)).toEqual([]);
  });

  it('names settings that exist', () => {
    const named = [...text.matchAll(/\b(?:OTP|OTEL|COUNTERSIGN)_[A-Z][A-Z_]*[A-Z]\b(?!_?…)/g)].map(
      ([name]) => name,
    );
    expect(named.filter((name) => !VARIABLES.has(name) && !EXAMPLES.has(name) && !(name in ERRORS))).toEqual(
      [],
    );
  });

  it('names files of the repository that exist', () => {
    const files = [...inline, ...shell.flatMap((line) => line.split(/[\s='"]+/))]
      .filter((code) => /^(?:\.\/)?(?:deploy|server|test|tools|proto|docs|clients|gen)\/[\w./-]+$/.test(code))
      .filter((code) => !/^deploy\/compose\/secrets/.test(code))
      // The tag of a Go module, whose name begins with the module's folder.
      .filter((code) => !/\/v\d+\.\d+\.\d+$/.test(code));
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });
});

describe('the URL paths that the pages name', () => {
  // The pages among them are served only where they were built.
  const screens = screensForSuite();
  let service: TestService;
  beforeAll(async () => {
    service = await startService({ overrides: { screens: await screens.folder() } });
  });
  afterAll(() => service.stop());

  const OURS = /^(?:GET |POST |DELETE )?(\/(?:v1|api|docs|inbox|healthz|readyz|metrics|openapi)[\w./{}-]*)$/;
  const METHOD = /\b((?:otp|grpc)\.[\w.]+\.\w+\/[A-Z]\w+)\b/g;
  const named = new Map<string, string>();
  for (const [path, text] of texts) {
    for (const [, method] of text.matchAll(METHOD)) named.set(`/${method}`, path);
    for (const [, local] of text.matchAll(/http:\/\/127\.0\.0\.1:8080(\/[\w./-]+)/g))
      if (!local!.endsWith('.')) named.set(local!, path);
    if (path === OF_OTHERS) continue;
    for (const code of codeOf(text).inline) {
      const found = OURS.exec(code)?.[1];
      if (found) named.set(found, path);
    }
  }

  it('are found', () => expect(named.size).toBeGreaterThan(20));

  it.each([...named])('%s, named in %s', async (path) => {
    const url = service.baseUrl + path.replaceAll(/\{\w+\}/g, 'x');
    const statuses = await Promise.all(
      ['GET', 'POST', 'DELETE'].map(async (method) => {
        const response = await fetch(url, {
          method,
          headers: { authorization: `Bearer ${service.liveKey}`, 'content-type': 'application/json' },
          ...(method === 'POST' && { body: '{}' }),
        });
        return (await response.text()).includes(ERRORS.ROUTE_NOT_FOUND.message) ? 'nothing there' : 'there';
      }),
    );
    expect(statuses).toContain('there');
  });
});

describe('what finds them', () => {
  it.each([
    ['keys lst', true],
    ['keys create --name x', true],
    ['backup', true],
    ['keys revoke', true],
    ['keys revoke a b', true],
    ['send --no-such a@example.com', true],
  ])('refuses `countersign %s`', (line, whole) => expect(faultOf(line, whole)).toBeDefined());

  it.each(['keys ls --json', 'keys revoke <id of the old key>', 'send --sandbox a@example.com', '--version'])(
    'accepts `countersign %s`',
    (line) => expect(faultOf(line, true)).toBeUndefined(),
  );

  it('reads commands in pipes and substitutions', () => {
    expect(commandsIn('echo 1 | npx countersign verify "$S" && countersign keys ls')).toEqual([
      'verify "$S"',
      'keys ls',
    ]);
    expect(commandsIn('docker build -t countersign .')).toEqual([]);
  });
});
