import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { startService, type TestService } from '../support/service.js';
import { commandLine } from './support/commandLine.js';

const TEXT = 'Your code:\n  {{ code }}: "yes" # no comment\n\n';

let folder: string;
let file: string;
let services: TestService[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-cli-'));
  file = join(folder, 'document.yaml');
  services = [];
});
afterEach(async () => {
  await Promise.all(services.map((service) => service.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function started() {
  const service = await startService();
  services.push(service);
  const call = connectJson(service.baseUrl, service.liveKey);
  const run = commandLine({ COUNTERSIGN_URL: service.baseUrl, COUNTERSIGN_API_KEY: service.liveKey });
  return { call, run };
}
type Started = Awaited<ReturnType<typeof started>>;

/** A deployment with a limit, a template with several lines, and a webhook endpoint. */
async function configured(): Promise<Started> {
  const service = await started();
  for (const args of [
    ['limits', 'update', 'ip-sends', '--max', '7', '--window', '1h'],
    ['templates', 'create', 'otp-sms', '--locale', 'es', '--text', TEXT],
    ['webhooks', 'create', '--url', 'https://shop.example.com/hooks'],
  ])
    expect(await service.run(args)).toMatchObject({ status: 0 });
  return service;
}

async function exported({ run }: Started): Promise<string> {
  const { out, status, err } = await run(['export']);
  expect({ status, err }).toEqual({ status: 0, err: '' });
  return out;
}

describe('export, diff and apply', () => {
  it('take secrets of accounts from the environment of the command', async () => {
    const service = await startService();
    services.push(service);
    const env = { COUNTERSIGN_URL: service.baseUrl, COUNTERSIGN_API_KEY: service.liveKey };
    const document = {
      version: 1,
      workspaces: {
        default: {
          providerAccounts: {
            ours: {
              kind: 'vonage',
              settings: { api_key: 'a1', from: 'Acme' },
              secrets: { api_secret: { env: 'VONAGE_SECRET' } },
            },
          },
        },
      },
    };
    await writeFile(file, JSON.stringify(document));
    const unset = await commandLine(env)(['apply', file]);
    expect(unset.status).toBe(64);
    expect(unset.err).toContain('VONAGE_SECRET');
    const run = commandLine({ ...env, VONAGE_SECRET: 'a-secret' });
    const { out } = await run(['apply', file]);
    expect(out).toContain('providerAccounts/ours\tcreate\t');
    expect(out).not.toContain('a-secret');
    // Whether it is the one that is stored is not said.
    expect(await run(['diff', file])).toMatchObject({
      status: 1,
      out: expect.stringContaining('providerAccounts/ours\tupdate\t'),
    });
    const set = structuredClone(document);
    Object.assign(set.workspaces.default.providerAccounts.ours.secrets, { api_secret: { set: true } });
    await writeFile(file, JSON.stringify(set));
    expect((await run(['diff', file])).status).toBe(0);
    expect((await run(['export'])).out).toContain('api_secret:\n            set: true');
  });

  it('move a configuration to an empty deployment, which then exports the same bytes', async () => {
    const document = await exported(await configured());
    await writeFile(file, document);
    expect(document).toContain('version: 1\n');
    const other = await started();
    expect(await exported(other)).not.toBe(document);

    const differs = await other.run(['diff', file]);
    expect(differs).toMatchObject({ status: 1, out: expect.stringContaining('limits/ip-sends\tcreate\t') });
    expect(differs.err).toMatch(/differs from the document: \d+ /);
    const dry = await other.run(['apply', file, '--dry-run']);
    expect(dry).toMatchObject({ status: 0, out: differs.out });

    const applied = await other.run(['apply', file]);
    expect(applied.status).toBe(0);
    expect(applied.out).toBe(differs.out.replaceAll('\tno\n', '\tyes\n'));
    expect(await exported(other)).toBe(document);
    expect(await other.run(['diff', file])).toEqual({ status: 0, out: '', err: '' });
    expect(await other.run(['apply', '-'], { input: document })).toEqual({
      status: 0,
      out: '',
      err: 'There is nothing to change.\n',
    });
  });

  it('--prune names what it deletes first, and deletes it only where that is confirmed', async () => {
    const empty = await exported(await started());
    await writeFile(file, empty);
    const service = await configured();
    const before = await exported(service);
    // Without prune nothing of it is in the document.
    expect((await service.run(['diff', file])).status).toBe(0);
    expect((await service.run(['diff', file, '--prune'])).status).toBe(1);

    const asked = await service.run(['apply', file, '--prune']);
    expect(asked).toMatchObject({ status: 130, out: '' });
    expect(asked.err).toContain('limits/ip-sends of default\n');
    expect(asked.err).toContain('use --yes');
    expect(await exported(service)).toBe(before);

    expect(await service.run(['apply', file, '--prune', '--yes'])).toMatchObject({
      status: 0,
      err: expect.stringContaining('limits/ip-sends of default\n'),
    });
    expect(await exported(service)).toBe(empty);
  });

  it('refuse a file that is no document, with its fault', async () => {
    const { run } = await started();
    expect(await run(['apply', join(folder, 'absent')])).toMatchObject({ status: 64 });
    await writeFile(file, 'a: [');
    expect(await run(['diff', file])).toMatchObject({ status: 65, err: expect.stringContaining('YAML') });
    await writeFile(file, 'version: 1\nworkspaces:\n  default:\n    limits:\n      nothing: {max: 1}\n');
    const refused = await run(['apply', file]);
    expect(refused).toMatchObject({ status: 65, err: expect.stringContaining('INVALID_REQUEST') });
    expect(refused.err).toContain('nothing');
  });

  it('--json prints the responses of the service', async () => {
    const { call, run } = await started();
    const { body } = await call('otp.admin.v1.ConfigurationService/ExportConfiguration', {});
    expect(JSON.parse((await run(['export', '--json'])).out)).toEqual(body);
    await writeFile(file, body.document);
    expect(await readFile(file, 'utf8')).toBe(body.document);
    expect(JSON.parse((await run(['apply', file, '--json'])).out)).toEqual({});
  });
});
