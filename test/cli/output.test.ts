import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alignedTable, tabSeparated } from '../../server/cli/output/table.js';
import { startService, type TestService } from '../support/service.js';
import { commandLine } from './support/commandLine.js';

let service: TestService;
let home: string;
beforeAll(async () => {
  service = await startService();
  home = await mkdtemp(join(tmpdir(), 'countersign-home-'));
});
afterAll(async () => {
  await service.stop();
  await rm(home, { recursive: true, force: true });
});

describe('the output of commands', () => {
  const columns = [
    { title: 'NAME', value: ({ name }: { name: string }) => name },
    { title: 'N', value: () => 1 },
  ];

  it('is an aligned table on a terminal, and separated by tabs in a pipe', () => {
    const rows = [{ name: 'a' }, { name: 'longer' }];
    expect(alignedTable(columns, rows)).toBe('NAME    N\na       1\nlonger  1\n');
    expect(tabSeparated(columns, rows)).toBe('a\t1\nlonger\t1\n');
  });

  it('has no control characters of a value', () => {
    expect(tabSeparated(columns, [{ name: 'a\tb\n\u001b[31m\u0007\u009b' }])).toBe('a b  [31m  \t1\n');
  });

  it('is one JSON value with --json, errors on standard error', async () => {
    const run = commandLine({ COUNTERSIGN_URL: service.baseUrl, COUNTERSIGN_API_KEY: service.liveKey });
    const { out, err, status } = await run(['sessions', 'get', 'none', '--json']);
    expect({ out, status }).toEqual({ out: '', status: 66 });
    expect(JSON.parse(err)).toEqual({
      error: { reason: 'SESSION_NOT_FOUND', message: 'OTP session not found' },
    });
  });
});

describe('the exit status', () => {
  it.each([
    ['64 for an unknown command, with a suggestion', ['sesions'], {}, 64, 'Did you mean sessions?'],
    ['64 for an unknown option', ['send', 'a@example.com', '--nothing'], {}, 64, 'unknown option'],
    [
      '75 where the service cannot be reached',
      ['limits', 'ls'],
      { COUNTERSIGN_URL: 'http://127.0.0.1:1' },
      75,
      'http://127.0.0.1:1 cannot be reached',
    ],
    [
      '77 for a key that is not one',
      ['limits', 'ls'],
      { COUNTERSIGN_API_KEY: 'sk_otp_live_wrong' },
      77,
      'UNAUTHENTICATED',
    ],
    ['77 without a key', ['limits', 'ls'], { COUNTERSIGN_API_KEY: '' }, 77, 'COUNTERSIGN_API_KEY'],
    [
      '65 for a value that is not valid',
      ['keys', 'create', '--display-name', 'x', '--scopes', 'none'],
      {},
      65,
      'api_key.scopes',
    ],
    ['73 for what exists', ['workspaces', 'create', 'default', '--brand', 'x'], {}, 73, 'ALREADY_EXISTS'],
  ] as const)('is %s', async (_title, args, env, status, text) => {
    const run = commandLine({
      COUNTERSIGN_URL: service.baseUrl,
      COUNTERSIGN_API_KEY: service.liveKey,
      HOME: home,
      ...env,
    });
    const ran = await run(args);
    expect(ran.err).toContain(text);
    expect(ran.status).toBe(status);
  });

  it('is 0 for help, and for no command at all', async () => {
    const run = commandLine({});
    expect(await run([])).toMatchObject({ status: 0, out: expect.stringContaining('Usage: countersign') });
    expect(await run(['send', '--help'])).toMatchObject({
      status: 0,
      out: expect.stringContaining('Examples:'),
    });
    expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('contexts', () => {
  it('are kept with their keys in a file that only its owner can read', async () => {
    const run = commandLine({ HOME: home });
    const add = (name: string, key: string) =>
      run(['context', 'add', name, '--url', service.baseUrl], { input: `${key}\n` });
    expect((await add('live', service.liveKey)).status).toBe(0);
    expect((await add('sandbox', service.testKey)).status).toBe(0);
    const file = join(home, '.config/countersign/contexts.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await run(['context', 'ls'])).out).toBe(
      `*\tlive\t${service.baseUrl}\n \tsandbox\t${service.baseUrl}\n`,
    );
    expect((await run(['context', 'ls', '--json'])).out).not.toContain('sk_otp');

    expect((await run(['keys', 'ls'])).out).toContain('first live key');
    expect((await run(['keys', 'ls', '-c', 'sandbox'])).out).not.toContain('first live key');
    expect((await run(['context', 'use', 'sandbox'])).status).toBe(0);
    expect((await run(['keys', 'ls'])).out).not.toContain('first live key');
    expect((await run(['context', 'use', 'none'])).status).toBe(66);
    expect((await run(['context', 'rm', 'sandbox'])).status).toBe(0);
    expect(await readFile(file, 'utf8')).not.toContain(service.testKey);
    expect((await run(['keys', 'ls'])).status).toBe(77);
  });

  it.skipIf(process.platform === 'win32')('are not used from a file that others can read', async () => {
    const config = await mkdtemp(join(home, 'open-'));
    const run = commandLine({ XDG_CONFIG_HOME: config });
    await run(['context', 'add', 'live', '--url', service.baseUrl], { input: service.liveKey });
    const file = join(config, 'countersign/contexts.json');
    const { chmod } = await import('node:fs/promises');
    await chmod(file, 0o644);
    expect(await run(['keys', 'ls'])).toMatchObject({
      status: 78,
      err: expect.stringContaining('chmod 600'),
    });
    await chmod(file, 0o600);
    await writeFile(file, '{"contexts": 1}');
    expect(await run(['keys', 'ls'])).toMatchObject({
      status: 78,
      err: expect.stringContaining('context add'),
    });
  });

  it('need a key on standard input and a URL', async () => {
    const run = commandLine({ HOME: home });
    expect((await run(['context', 'add', 'x', '--url', 'localhost'])).status).toBe(64);
    expect((await run(['context', 'add', 'x', '--url', 'http://localhost'])).status).toBe(64);
  });
});
