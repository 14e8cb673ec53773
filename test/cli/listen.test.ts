import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtMain } from '../support/builtServer.js';
import { eventually } from '../support/eventually.js';
import { type ServiceProcess, startProcess } from '../support/serviceProcess.js';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhookReceiver.js';
import { commandLine } from './support/commandLine.js';

describe('commands that follow events', { timeout: 120_000 }, () => {
  let folder: string;
  let cli: string;
  let service: ServiceProcess;
  let receiver: WebhookReceiver;
  let env: Readonly<Record<string, string>>;
  let run: ReturnType<typeof commandLine>;
  const children = new Set<ChildProcess>();
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-listen-'));
    cli = join(dirname(await builtMain()), 'cli', 'main.js');
    service = await startProcess({ OTP_DATA_DIR: join(folder, 'data') });
    receiver = await startWebhookReceiver();
    const key = /sk_otp_test_\S+/.exec(service.output())![0];
    env = { COUNTERSIGN_URL: service.baseUrl, COUNTERSIGN_API_KEY: key };
    run = commandLine(env);
  }, 120_000);
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await receiver.close();
    await service.end();
    await rm(folder, { recursive: true, force: true });
  });

  /** A command that does not end by itself, and what it has written. */
  function following(args: readonly string[]) {
    const child = spawn(process.execPath, [cli, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    children.add(child);
    const written = { out: '', err: '' };
    child.stdout.on('data', (text) => (written.out += text));
    child.stderr.on('data', (text) => (written.err += text));
    return {
      written,
      async end() {
        const ended = once(child, 'close');
        child.kill();
        await ended;
        children.delete(child);
      },
    };
  }

  /** Sends and verifies until the command has seen an event: it sees those since its stream was opened. */
  async function approvedSessionSeenBy(written: { readonly out: string }): Promise<string> {
    for (;;) {
      const sent = JSON.parse(
        (await run(['send', 'success@sandbox.example', '--purpose', 'login', '--json'])).out,
      );
      const { id } = sent.session;
      await run(['verify', id], { input: sent.sandboxCodes.email });
      const deadline = Date.now() + 8_000;
      const isSeen = await eventually(() =>
        written.out.includes(id) ? 'yes' : Date.now() > deadline && 'no',
      );
      if (isSeen === 'yes') return id;
    }
  }

  it('tail prints a line for each event', async () => {
    const tail = following(['tail']);
    const id = await approvedSessionSeenBy(tail.written);
    await eventually(() => tail.written.out.includes(`${id}\tsession_approved\temail`));
    await tail.end();
  });

  it('webhooks listen forwards the bodies that webhooks have, signed with the secret it printed', async () => {
    await run(['webhooks', 'create', '--url', `${receiver.url}/registered`]);
    const listen = following(['webhooks', 'listen', '--forward-to', `${receiver.url}/forwarded`]);
    const id = await approvedSessionSeenBy(listen.written);
    const approved = (path: string) =>
      receiver.received.find(
        (one) =>
          one.path === path && one.event.type === 'session.approved' && one.event.data.session_id === id,
      );
    const forwarded = await eventually(() => approved('/forwarded'));
    const registered = await eventually(() => approved('/registered'));
    expect(forwarded.event).toEqual(registered.event);
    const [, secret] = /Signed with (\S+):/.exec(listen.written.err)!;
    expect(() => new Webhook(secret!).verify(forwarded.body, forwarded.headers)).not.toThrow();
    expect(listen.written.out).toContain(`session.approved\t${id}\t204`);
    await listen.end();
  });

  it('webhooks listen refuses what is no URL and no secret', async () => {
    const listen = ['webhooks', 'listen', '--forward-to'];
    expect(await run([...listen, 'ftp://x'])).toMatchObject({ status: 64 });
    expect(await run([...listen, 'http://127.0.0.1:1', '--secret-file', 'missing'])).toMatchObject({
      status: 64,
    });
    expect(await run([...listen, 'http://127.0.0.1:1', '--secret-file', 'package.json'])).toMatchObject({
      status: 64,
      err: expect.stringContaining('must'),
    });
  });
});
