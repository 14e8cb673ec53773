import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtMain } from '../support/builtServer.js';
import { type ServiceProcess, startProcess } from '../support/serviceProcess.js';
import { commandLine } from './support/commandLine.js';
import { onTerminal, whyNoTerminal } from './support/terminal.js';

const missing = whyNoTerminal();
if (missing) console.info(`skipped: ${missing}`);

describe.skipIf(missing !== undefined)('on a terminal', { timeout: 120_000 }, () => {
  let folder: string;
  let cli: string;
  let service: ServiceProcess;
  let key: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-terminal-'));
    cli = join(dirname(await builtMain()), 'cli', 'main.js');
    service = await startProcess({ OTP_DATA_DIR: join(folder, 'data') });
    key = /sk_otp_test_\S+/.exec(service.output())![0];
  }, 120_000);
  afterAll(async () => {
    await service.end();
    await rm(folder, { recursive: true, force: true });
  });

  const countersign = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    onTerminal([process.execPath, cli, ...args], {
      COUNTERSIGN_URL: service.baseUrl,
      COUNTERSIGN_API_KEY: key,
      ...env,
    });

  it('a secret is asked for and never shown', async () => {
    const run = commandLine({ COUNTERSIGN_URL: service.baseUrl, COUNTERSIGN_API_KEY: key });
    const sent = JSON.parse((await run(['send', 'you@example.com', '--json'])).out);
    const terminal = countersign(['verify', sent.session.id]);
    await terminal.until('The code:');
    terminal.type(`${sent.sandboxCodes.email}\r`);
    expect(await terminal.ended).toBe(0);
    expect(terminal.shown()).toMatch(/otvt_\w{58}/);
    expect(terminal.received()).not.toContain(sent.sandboxCodes.email);
  });

  it('Ctrl-C at a prompt ends the command with 130, and nothing was done', async () => {
    const terminal = countersign(['verify', 'any']);
    await terminal.until('The code:');
    terminal.type('\x03');
    expect(await terminal.ended).toBe(130);
    expect(terminal.shown()).toContain('cancelled');
  });

  it('lists are aligned under a head', async () => {
    const terminal = countersign(['sessions', 'ls']);
    expect(await terminal.ended).toBe(0);
    expect(terminal.shown()).toMatch(/^SESSION +STATUS +CHANNELS/);
  });

  it('long work shows how far it is, and leaves no bar behind', async () => {
    const terminal = countersign(['simulate', '--sends', '5', '--approve', '100%']);
    expect(await terminal.ended).toBe(0);
    expect(terminal.received()).toMatch(/simulating .*\d+% \d\/5/);
    // The line of the bar is cleared and the cursor shown again.
    expect(terminal.received()).toContain('\x1b[?25h');
    expect(terminal.shown()).toMatch(/approved +5/);
  });

  it('what cannot be undone is done only when its word was typed', async () => {
    const env = { OTP_DATA_DIR: join(folder, 'stopped') };
    await (await startProcess(env)).end();
    const backup = join(folder, 'backup.db');
    expect(await countersign(['backup', backup], env).ended).toBe(0);
    const afterTyping = async (word: string) => {
      const terminal = countersign(['restore', backup, '--replace'], env);
      await terminal.until('Type restore to confirm:');
      terminal.type(`${word}\r`);
      return { status: await terminal.ended, shown: terminal.shown() };
    };
    const refused = await afterTyping('yes');
    expect(refused).toMatchObject({ status: 130, shown: expect.stringContaining('Nothing was done') });
    const done = await afterTyping('restore');
    expect(done).toMatchObject({ status: 0, shown: expect.stringContaining('is kept in') });
  });
});
