import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { startService, type TestService } from '../support/service.js';
import { commandLine } from './support/commandLine.js';

let service: TestService;
let run: ReturnType<typeof commandLine>;
let folder: string;
beforeAll(async () => {
  service = await startService();
  folder = await mkdtemp(join(tmpdir(), 'countersign-cli-'));
  run = commandLine({ COUNTERSIGN_URL: service.baseUrl, COUNTERSIGN_API_KEY: service.liveKey }, () =>
    service.clock.now(),
  );
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a command that succeeds and returns its JSON. */
async function json(...args: readonly string[]) {
  const { out, err, status } = await run([...args, '--json']);
  expect({ err, status }).toEqual({ err: '', status: 0 });
  return JSON.parse(out);
}

describe('administrative commands', () => {
  it('providers: ls shows the route, test what can be checked, send-test-message what became of a message', async () => {
    const providers = await json('providers', 'ls', '--channel', 'sms');
    expect(providers[0]).toMatchObject({ name: 'inbox', position: 1, configured: true });
    // The inbox has no credentials, and says so.
    expect(await json('providers', 'test', '--provider', 'inbox')).not.toHaveProperty('passed');
    const sent = await json('providers', 'send-test-message', '+573001234567', '--channel', 'sms');
    const { outcome, provider } = sent.delivery.attempts[0];
    expect([outcome, provider]).toEqual(['DELIVERY_OUTCOME_ACCEPTED', 'inbox']);
  });

  it('accounts: secrets come from a file, one on each line, and are shown by their names', async () => {
    const file = join(folder, 'secrets.txt');
    await writeFile(file, 'api_secret=a=b,c==\nsignature_secret=0123456789abcdef\n');
    const settings = ['--kind', 'vonage', '--settings', 'api_key=a1,from=Acme'];
    await json('accounts', 'create', 'ours', ...settings, '--secrets-file', file);
    const { providerAccount } = await json(
      'accounts',
      'update',
      'ours',
      '--settings',
      '{"api_key":"b2","from":"A"}',
    );
    expect(providerAccount).toMatchObject({
      settings: { api_key: 'b2', from: 'A' },
      secretNames: ['api_secret', 'signature_secret'],
    });
    expect((await run(['accounts', 'ls'])).out).toContain('ours\tvonage');
    const wrong = await run(['accounts', 'create', 'other', '--kind', 'vonage', '--settings', 'api_key']);
    expect(wrong.err).toContain('--settings must be key=value');
    await json('accounts', 'delete', 'ours');
    expect((await run(['accounts', 'get', 'ours'])).status).not.toBe(0);
  });

  it('keys: create prints the secret and nothing else on standard output; revoke refuses it', async () => {
    const { out, err, status } = await run([
      'keys', 'create', '--display-name', 'backend', '--scopes', 'otp.send,sessions.read', '--expires-at', '90d',
    ]); // biome-ignore format: one option after another
    expect(status).toBe(0);
    expect(out).toMatch(/^sk_otp_live_\S+\n$/);
    const id = /^id: (\S+)$/m.exec(err)![1]!;
    const call = connectJson(service.baseUrl, out.trim());
    expect((await call('otp.v1.OtpService/ListSessions', {})).status).toBe(200);
    const changed = await json('keys', 'update', id, '--display-name', 'renamed', '--clear', 'expires-at');
    expect(changed.apiKey).toMatchObject({ displayName: 'renamed', scopes: ['otp.send', 'sessions.read'] });
    expect(changed.apiKey).not.toHaveProperty('expiresAt');
    expect((await run(['keys', 'ls'])).out).toContain(`${id}\trenamed\totp.send,sessions.read\tlive\t`);
    expect((await run(['keys', 'revoke', id])).status).toBe(0);
    service.clock.advance(6_000);
    expect((await call('otp.v1.OtpService/ListSessions', {})).status).toBe(401);
  });

  it('workspaces: create, update, get, ls, delete and undelete; other commands act in the one named', async () => {
    await json('workspaces', 'create', 'shop', '--brand', 'The Shop');
    await json('workspaces', 'update', 'shop', '--allowed-origins', 'https://a.example,https://b.example');
    const { workspace } = await json('workspaces', 'get', 'shop');
    expect(workspace).toMatchObject({
      brand: 'The Shop',
      allowedOrigins: ['https://a.example', 'https://b.example'],
    });
    const routes = '[{"channel":"CHANNEL_SMS","providers":["inbox"]}]';
    expect((await json('workspaces', 'update', 'shop', '--routes', routes)).workspace.routes).toEqual(
      JSON.parse(routes),
    );
    expect((await run(['keys', 'ls', '-w', 'shop'])).out).toBe('');
    await json('workspaces', 'delete', 'shop');
    expect((await json('workspaces', 'ls')).map(({ name }: { name: string }) => name)).not.toContain('shop');
    expect((await run(['workspaces', 'ls', '--show-deleted'])).out).toContain('shop');
    await json('workspaces', 'undelete', 'shop');
  });

  it('workspaces: a logo comes from a file, and from no name to none', async () => {
    const picture =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const path = join(folder, 'logo.png');
    await writeFile(path, Buffer.from(picture, 'base64'));
    const update = async (logo: string) =>
      (await json('workspaces', 'update', 'default', '--logo', logo)).workspace;
    expect(await update(path)).toMatchObject({ logoHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect((await json('workspaces', 'get', 'default')).workspace.logo).toBe(picture);
    expect(await update('')).not.toHaveProperty('logoHash');
    const { err } = await run(['workspaces', 'update', 'default', '--logo', join(folder, 'none.png')]);
    expect(err).toContain('--logo must name a file that can be read (ENOENT)');
  });

  it('limits: ls, update and reset', async () => {
    const [{ rule }] = await json('limits', 'ls');
    const { limit } = await json('limits', 'update', rule, '--max', '3', '--window', '2h');
    expect(limit).toMatchObject({ rule, max: 3, window: '7200s', changed: true });
    expect((await json('limits', 'reset', rule)).limit).not.toHaveProperty('changed');
    expect((await json('limits', 'get-recipient-block', 'x@example.com')).block).toBeDefined();
    await json('limits', 'clear-recipient-block', 'x@example.com');
  });

  it('templates: a text comes from a file, and preview shows what it makes', async () => {
    const file = join(folder, 'otp.txt');
    await writeFile(file, 'Tu código: {{ code }}');
    const key = 'otp-sms';
    const preview = await run([
      'templates',
      'preview',
      key,
      '--locale',
      'es',
      '--text',
      `@${file}`,
      '--json',
    ]);
    expect(preview.err).toBe('');
    expect(JSON.parse(preview.out).text).toContain('Tu código: ');
    expect(await run(['templates', 'preview', key, '--text', '@/nothing/here'])).toMatchObject({
      status: 64,
    });
  });

  it('senders, contacts, wallet, stats, audit and guard respond', async () => {
    await json('senders', 'create', 'SHOP', '--channel', 'sms', '--display-name', 'Shop', '--is-default');
    await json('senders', 'update', 'SHOP', '--channel', 'sms', '--display-name', 'The Shop');
    expect((await run(['senders', 'ls', '--channel', 'sms'])).out).toContain('sms\tSHOP\tThe Shop\ttrue');
    await json('senders', 'delete', 'SHOP', '--channel', 'sms');
    expect(await json('contacts', 'ls')).toEqual([]);
    await json('wallet', 'get');
    await json('wallet', 'ledger');
    await json('stats', 'get', '--from=-1d', '--group-by', 'channel');
    expect((await json('audit', 'ls')).length).toBeGreaterThan(0);
    const { guard } = await json(
      'guard',
      'update',
      '--country-block',
      'GB',
      '--prefix-velocity-max',
      '5',
      '--prefix-velocity-window',
      '1h',
    );
    expect(guard).toMatchObject({ countryBlock: ['GB'], prefixVelocity: { max: 5, window: '3600s' } });
    expect((await json('guard', 'update', '--clear', 'country-block')).guard).not.toHaveProperty(
      'countryBlock',
    );
    await json('guard', 'check-recipient', '+573001234542');
    expect(await json('guard', 'refused')).toEqual([]);
    expect(await json('guard', 'list-prefixes')).toEqual([]);
    // The mask is made of the flags that were given: nothing is allowed but GB.
    const simulated = await json('guard', 'simulate', '--country-allow', 'GB', '--from=-1d');
    expect(simulated.notSimulated).toBeUndefined();
    const wrong = await run(['guard', 'simulate', '--country-allow', 'XX']);
    expect(wrong.err).toContain('guard.country_allow[0]');
  });

  it('sponsors, beneficiaries and requirements', async () => {
    await json('sponsors', 'create', 'acme', '--display-name', 'Acme', '--channels', 'sms,email');
    await json('beneficiaries', 'create', 'acme', '4711', '--phone', '+573001234542');
    expect((await run(['beneficiaries', 'ls', 'acme'])).out).toMatch(/^acme\t4711\t/);
    expect(
      (await json('beneficiaries', 'update', 'acme', '4711', '--email', 'x@example.com')).beneficiary,
    ).toBeDefined();
    const people = '[{"beneficiaryId":"4711","email":"x@example.com"},{"beneficiaryId":"4712","phone":"12"}]';
    const { results } = await json('beneficiaries', 'import', 'acme', '--beneficiaries', people, '--dry-run');
    expect(results).toEqual([
      { beneficiaryId: '4711', result: 'IMPORT_RESULT_UNCHANGED' },
      { beneficiaryId: '4712', result: 'IMPORT_RESULT_FAILED', error: 'INVALID_RECIPIENT', field: 'phone' },
    ]);
    await json('requirements', 'get-sponsor-configuration', 'acme', '--product-type', 'X');
    await json('beneficiaries', 'delete', 'acme', '4711');
    await json('sponsors', 'delete', 'acme', '--force');
  });

  it('webhooks: create prints the secret, rotate-secret a new one', async () => {
    const { out, err } = await run([
      'webhooks',
      'create',
      '--url',
      'http://127.0.0.1:9/hooks',
      '--event-types',
      'session.approved',
    ]);
    expect(out).toMatch(/^whsec_\S+\n$/);
    const id = /^id: (\S+)$/m.exec(err)![1]!;
    expect((await run(['webhooks', 'rotate-secret', id])).out).toMatch(/^whsec_\S+\n$/);
    expect((await json('webhooks', 'update', id, '--disabled')).webhookEndpoint.disabled).toBe(true);
    expect((await json('webhooks', 'update', id, '--disabled', 'false')).webhookEndpoint).not.toHaveProperty(
      'disabled',
    );
    expect(await json('webhooks', 'deliveries', id)).toEqual([]);
    await json('webhooks', 'replay', id, '--since=-1h');
    await json('webhooks', 'send-test-event', id);
    await json('webhooks', 'delete', id);
  });

  it('webhooks: create-portal-link prints the link and until when it works', async () => {
    const { out } = await run(['webhooks', 'create-portal-link', '--lifetime', '15m']);
    const [url, expiry] = out.trim().split('\n');
    expect(url).toMatch(/^url\t\S+\/portal#t=\S+$/);
    const [name, time] = expiry!.split('\t');
    expect([name, Date.parse(time!)]).toEqual(['expires_at', service.clock.now() + 900_000]);
  });

  it('a list goes on over its pages with --all', async () => {
    for (let n = 0; n < 3; n++) await json('senders', 'create', `PAGE-${n}`, '--channel', 'sms');
    const limited = await run(['senders', 'ls', '--limit', '2']);
    expect(limited.out.trim().split('\n')).toHaveLength(2);
    expect((await run(['senders', 'ls', '--all'])).out.trim().split('\n')).toHaveLength(3);
  });

  it.each([
    [['limits', 'update', 'x', '--max', 'many'], '--max must be a number'],
    [['limits', 'update', 'x', '--window', 'long'], '--window must be a duration'],
    [['keys', 'create', '--mode', 'loud'], '--mode must be one of: live, test'],
    [['keys', 'create', '--expires-at', 'never'], '--expires-at must be a time'],
    [['workspaces', 'update', 'x', '--long-lifetime', 'perhaps'], '--long-lifetime must be true or false'],
    [['workspaces', 'update', 'x', '--routes', 'sms'], '--routes must be JSON'],
  ] as const)('%j is refused before the call: %s', async (args, text) => {
    expect(await run(args)).toMatchObject({ status: 64, err: expect.stringContaining(text) });
  });
});
