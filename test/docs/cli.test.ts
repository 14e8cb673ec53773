import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServiceProcess, startProcess } from '../support/serviceProcess.js';
import { type CommandLine, installCommandLine } from './support/commandLine.js';
import { runnableOf } from './support/shellBlocks.js';

const run = promisify(execFile);
const MASTER = `1:${Buffer.alloc(32, 7).toString('base64')}`;

describe.skipIf(process.platform === 'win32')('commands in the documentation', { timeout: 120_000 }, () => {
  let commandLine: CommandLine;
  let service: ServiceProcess;
  let keys: { readonly live: string; readonly test: string };
  let data: string;
  beforeAll(async () => {
    commandLine = await installCommandLine();
    data = join(commandLine.folder, 'data');
    service = await startProcess({ OTP_DATA_DIR: data, OTP_MASTER_KEYS: MASTER });
    const [live, test] = ['live', 'test'].map(
      (mode) => new RegExp(`sk_otp_${mode}_\\S+`).exec(service.output())![0],
    );
    keys = { live: live!, test: test! };
  }, 120_000);
  afterAll(async () => {
    await service.end();
    await commandLine.remove();
  });

  /** Runs a script where `countersign` is installed and calls the service. Rejects if any of its commands fails. */
  async function bash(script: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
    const { stdout } = await run('bash', ['-c', `set -e\n${script}`], {
      env: {
        PATH: commandLine.path,
        HOME: commandLine.folder,
        COUNTERSIGN_URL: service.baseUrl,
        COUNTERSIGN_API_KEY: keys.live,
        OTP_DATA_DIR: data,
        OTP_MASTER_KEYS: MASTER,
        TZ: 'UTC',
        ...env,
      },
    });
    return stdout;
  }
  const blocksOf = async (page: string) => runnableOf(await readFile(page, 'utf8'));

  it('of the page on incidents run, and set the guard as it says', async () => {
    const [why, pumping, countries, ceiling] = await blocksOf('docs/operations/incidents.md');
    expect(await bash(`countersign send +573001234542 --json >"$HOME/sent"\n${why}`)).toMatch(/\S/);
    await bash(pumping!);
    await bash(countries! + ceiling!);
    const guard = JSON.parse(await bash('countersign guard get --json'));
    expect(guard.guard).toMatchObject({ countryAllow: ['CO', 'MX'], dailyCeiling: { messages: 20_000 } });
  });

  it('of the page on key rotation rotate a key of the ring and replace an API key', async () => {
    const [master, ring, leaked, api] = await blocksOf('docs/operations/key-rotation.md');
    const created = JSON.parse(
      await bash('countersign keys create --display-name old --scopes otp.send --json'),
    );
    const before = await bash('countersign keyring check');
    expect(await bash(`${master}\necho "$OTP_MASTER_KEYS"`)).toMatch(/^2:\S{44},1:\S{44}\n$/);
    // With the master keys of the running service, which has not been restarted with the new one.
    await bash(`${ring}${leaked}${api}`, { OLD_KEY: created.apiKey.id });
    const lines = (text: string) => text.trim().split('\n');
    expect(lines(await bash('countersign keyring check')).length).toBe(lines(before).length + 2);
    const listed: { id: string; displayName: string; revokedAt?: string }[] = JSON.parse(
      await bash('countersign keys ls --json'),
    );
    expect(listed.find(({ displayName }) => displayName === 'backend-2')).not.toHaveProperty('revokedAt');
    expect(listed.find(({ id }) => id === created.apiKey.id)).toHaveProperty('revokedAt');
  });

  it('of the page on monitoring probe the whole path', async () => {
    const [probe] = await blocksOf('docs/operations/monitoring.md');
    const { sandboxCodes } = JSON.parse(await bash(probe!, { COUNTERSIGN_API_KEY: keys.test }));
    expect(sandboxCodes.email).toMatch(/^\d{6}$/);
  });

  it('of the page on OpenAPI fetch the document', async () => {
    const [fetched] = await blocksOf('docs/reference/openapi.md');
    const document = JSON.parse(await bash(fetched!.replace('http://127.0.0.1:8080', service.baseUrl)));
    expect(document.openapi).toBe('3.1.0');
  });

  it('of the page on clients in other languages write the descriptor set that it names', async () => {
    const page = 'docs/guides/clients-in-other-languages.md';
    const commands = (await blocksOf(page)).join('').replaceAll('-- dist', `-- ${commandLine.folder}`);
    const files = await bash(`${commands}\necho "$FILES"`);
    expect(files).toContain('otp/v1/otp_service.proto');
    const [, name] = /dist\/(countersign-\S+\.binpb)/.exec(await readFile(page, 'utf8'))!;
    expect(await readdir(commandLine.folder)).toContain(name);
  });

  it('of the page on backups back a store up, check it and restore it', async () => {
    const commands = await blocksOf('docs/operations/backups.md');
    expect(commands).toHaveLength(2);
    const stopped = { OTP_DATA_DIR: join(commandLine.folder, 'stopped') };
    await (await startProcess(stopped)).end();
    const today = new Date().toISOString().slice(0, 10);
    // A person confirms on a terminal; here it is said beforehand.
    const script = commands
      .join('')
      .replaceAll('/backups', commandLine.folder)
      .replace('2030-01-15', today)
      .replace('--replace', '--replace --yes');
    const output = await bash(`unset OTP_MASTER_KEYS\n${script}`, stopped);
    expect(output.trim().split('\n')).toHaveLength(3);
    expect((await readdir(stopped.OTP_DATA_DIR)).some((name) => name.includes('before-restore'))).toBe(true);
  });
});
