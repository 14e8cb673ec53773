import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VendorSdk } from '../promises/support/vendorSdk.js';
import { builtMain } from '../support/builtServer.js';
import { connectJson } from '../support/connectJson.js';
import { type ServiceProcess, startProcess } from '../support/serviceProcess.js';

const README = await readFile('README.md', 'utf8');
const snippetsIn = (text: string) => [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
const SNIPPETS = snippetsIn(README);
/** The page with a call for each API, which goes on in the same shell. */
const OTHER_APIS = snippetsIn(await readFile('docs/guides/choose-an-api.md', 'utf8'));
const SETTINGS = SNIPPETS.filter((snippet) => snippet.startsWith('export '));
const COMMANDS = SNIPPETS.filter((snippet) => snippet.startsWith('npm '));
/** What is pasted into a second terminal. */
const PASTED = [
  ...SNIPPETS.filter((snippet) => !SETTINGS.includes(snippet) && !COMMANDS.includes(snippet)),
  ...OTHER_APIS,
];

const foldersIn = async (path: string) =>
  (await readdir(path, { withFileTypes: true })).filter((one) => one.isDirectory()).map(({ name }) => name);

describe('the README', () => {
  const links = [...README.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, target]) => target!);

  it('begins with two commands that this package has', async () => {
    expect(COMMANDS).toEqual(['npm ci && npm start\n', 'npm ci && npm test\n']);
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8'));
    for (const [, script] of README.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty([script!]);
  });

  it('leads to the index of docs/ and to the README of every client', async () => {
    const clients = (await foldersIn('clients'))
      // The screens are served by the service, which they are part of.
      .filter((name) => name !== 'look')
      .map((name) => `clients/${name}/README.md`)
      .filter((path) => existsSync(path));
    expect(links).toEqual(expect.arrayContaining(['docs/README.md', ...clients]));
  });
});

// A program for every few words, and what starts them may be busy.
const SHELL = { timeout: 120_000, skip: process.platform === 'win32' };

describe('the snippets of the README, pasted into a shell', SHELL, () => {
  let folder: string;
  const running: ServiceProcess[] = [];
  const start = async (env: Readonly<Record<string, string>>) => {
    const service = await startProcess({ OTP_DATA_DIR: join(folder, `${running.length}`), ...env });
    running.push(service);
    return service;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-readme-'));
    await builtMain();
  }, 120_000);
  afterAll(async () => {
    await Promise.all(running.map((service) => service.end()));
    await rm(folder, { recursive: true, force: true });
  });

  const bash = (script: string, input = '') =>
    new Promise<string>((resolve, reject) => {
      const shell = execFile('bash', ['-c', script], (error, stdout) =>
        error ? reject(error) : resolve(stdout),
      );
      // A script that reads nothing may have ended before.
      shell.stdin!.on('error', () => {}).end(input);
    });

  it('send, read and verify a code, redeem its proof once, and ask in other ways', async () => {
    const service = await start({});
    const key = /sk_otp_live_\S+/.exec(service.output())![0];
    const [keyIn, send, ...others] = PASTED;
    // As a person does who pastes one snippet after another: the mail is there before it is read.
    const arrives = `until curl -s -H "Authorization: Bearer $(cat "$OTP_DATA_DIR/inbox.token")" http://127.0.0.1:8080/inbox.json | grep -q session_id; do sleep 0.05; done`;
    const script = [`export OTP_DATA_DIR=${join(folder, '0')}\n${keyIn}`, `${send}${arrives}`, ...others]
      .join('\necho ======\n')
      .replaceAll('http://127.0.0.1:8080', service.baseUrl);
    const said = (await bash(script, `${key}\n`)).split('======\n');
    const [nothing, session, code, token, redeemed, methods, overGrpc, overRest] = said.map((text) =>
      text.trim(),
    );
    expect(said).toHaveLength(PASTED.length);
    expect(nothing).toBe('');
    expect(session).toMatch(/^[0-9a-f-]{36}$/);
    expect(code).toMatch(/^\d{6}$/);
    expect(token).toMatch(/^otvt_\w{58}$/);
    const [once, twice] = redeemed!.split('\n').map((line) => JSON.parse(line));
    expect(once).toMatchObject({ proof: { sessionId: session, operation: { type: 'payment', id: '4711' } } });
    expect(twice.details[0].debug.reason).toBe('TOKEN_REDEEMED');
    expect(methods!.split('\n')).toContain('otp.v1.OtpService/Verify');
    expect(JSON.parse(overGrpc!)).toMatchObject({ session: { status: 'SESSION_STATUS_PENDING' } });
    expect(JSON.parse(overRest!)).toMatchObject({ success: true, channels: ['email', 'sms'] });
  });

  it('client C7 make settings that production starts with, and a key that opens it and that the vendor’s client takes', async () => {
    const env = (await bash(`${SETTINGS.join('')}\nenv -0`))
      .split('\0')
      .filter((line) => line.startsWith('OTP_'));
    const settings: Record<string, string> = Object.fromEntries(
      env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    expect(SETTINGS[0]).toMatch(/^export OTP_ENV=production\n/);
    expect(settings.OTP_ENV).toBe('production');
    expect(settings.OTP_BOOTSTRAP_API_KEY).toMatch(/^sk_otp_live_/);
    const service = await start(settings);
    expect(service.output()).not.toContain(settings.OTP_BOOTSTRAP_API_KEY);
    const call = connectJson(service.baseUrl, settings.OTP_BOOTSTRAP_API_KEY);
    expect((await call('otp.v1.OtpService/ListSessions', {})).status).toBe(200);
    const { otp } = new VendorSdk({ apiKey: settings.OTP_BOOTSTRAP_API_KEY!, baseUrl: service.baseUrl });
    const sandbox = {
      channels: ['email' as const],
      recipients: { email: 'you@example.com' },
      sandbox_mode: true,
    };
    expect((await otp.send(sandbox)).success).toBe(true);
  });
});
