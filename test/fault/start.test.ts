import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { builtMain } from '../support/builtServer.js';
import { connectJson } from '../support/connectJson.js';
import { inboxTokenIn } from '../support/inbox.js';
import { refusedStart, type ServiceProcess, startProcess } from '../support/serviceProcess.js';

const run = promisify(execFile);
/** By which a supervisor knows that another start would be in vain. */
const WRONG_CONFIGURATION = 78;

const masterKey = () => `1:${randomBytes(32).toString('base64')}`;

beforeAll(() => builtMain(), 120_000);

let folder: string;
let dataDir: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-start-'));
  dataDir = join(folder, 'data');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The start must be refused in words meant for an operator; gives what was said. */
async function refusal(env: Readonly<Record<string, string>>, status = 1): Promise<string> {
  const { code, output, complaints } = await refusedStart({ OTP_DATA_DIR: dataDir, ...env });
  expect({ code, output }).toEqual({ code: status, output: '' });
  expect(complaints).not.toMatch(/^\s+at /m);
  expect(complaints).not.toMatch(/node:internal|\.js:\d+/);
  return complaints;
}

describe('a start is refused in one readable message', () => {
  it('for wrong settings: each is named, and no secret is repeated', async () => {
    const settings = {
      PORT: '70000',
      OTP_ENV: 'staging',
      MONGODB_URI: 'postgres://user:pass-in-uri@host/db',
      OTP_BOOTSTRAP_API_KEY: 'a-short-secret',
      OTP_SMTP_URL: 'http://user:pass-in-smtp@host',
      OTP_HASH: 'bcrypt',
      OTP_LOG_LEVEL: 'loud',
      OTP_HASH_CONCURRENCY: 'many',
      OTP_TRUSTED_PROXIES: '10.0.0.0/8, not-an-address',
      OTP_WEBHOOK_NETWORKS: '10.0.0.0/33',
    };
    const said = await refusal(settings, WRONG_CONFIGURATION);
    for (const [variable, shown] of [
      ['PORT', '70000'],
      ['OTP_ENV', 'staging'],
      ['OTP_HASH', 'bcrypt'],
      ['OTP_LOG_LEVEL', 'loud'],
      ['OTP_HASH_CONCURRENCY', 'many'],
      ['OTP_TRUSTED_PROXIES', '10.0.0.0/8, not-an-address'],
      ['OTP_WEBHOOK_NETWORKS', '10.0.0.0/33'],
    ]) {
      expect(said).toContain(`${variable}=${shown}: `);
    }
    for (const secret of ['MONGODB_URI', 'OTP_BOOTSTRAP_API_KEY', 'OTP_SMTP_URL']) {
      expect(said).toMatch(new RegExp(`^ {2}${secret}: must `, 'm'));
    }
    expect(said).not.toMatch(/pass-in|a-short-secret/);
    expect(said.trim().split('\n')).toHaveLength(11);
  });

  it('in production without OTP_MASTER_KEYS, with a way to make them', async () => {
    expect(await refusal({ OTP_ENV: 'production' }, WRONG_CONFIGURATION)).toMatch(
      /OTP_MASTER_KEYS is required.*openssl rand/,
    );
  });

  it('on an IP address that others can reach, without the settings for that', async () => {
    expect(await refusal({ HOST: '0.0.0.0' }, WRONG_CONFIGURATION)).toMatch(
      /HOST=0\.0\.0\.0 .*OTP_ENV=production/,
    );
  });

  it.each(['x', '1:', '1:c2hvcnQ=', '1:not base64!'])('for master keys that are none: %s', async (given) => {
    const said = await refusal({ OTP_MASTER_KEYS: given });
    expect(said).toContain('OTP_MASTER_KEYS');
    if (given.length > 3) expect(said).not.toContain(given.slice(2));
  });

  it('when MongoDB is out of reach: its host is named, its password is not', async () => {
    const said = await refusal({ MONGODB_URI: 'mongodb://user:hunter2secret@127.0.0.1:1/otp' });
    expect(said).toMatch(/MongoDB at 127\.0\.0\.1:1 does not respond/);
    expect(said).not.toContain('hunter2secret');
  });

  it('when the data folder cannot be one', async () => {
    await writeFile(dataDir, 'a file where the folder should be');
    expect(await refusal({})).toContain(dataDir);
  });

  it('when the database is something else', async () => {
    await mkdir(dataDir);
    await writeFile(
      join(dataDir, 'countersign.db'),
      'not a database, but long enough to look like one'.repeat(100),
    );
    expect(await refusal({})).toContain('countersign.db');
  });

  it('with a master key that does not open what is stored, and changes nothing', async () => {
    const right = masterKey();
    const first = await startProcess({ OTP_DATA_DIR: dataDir, OTP_MASTER_KEYS: right });
    await first.end();
    const wrong = masterKey();
    const said = await refusal({ OTP_MASTER_KEYS: wrong });
    expect(said).toContain('does not open with master key "1"');
    expect(said).not.toContain(wrong.slice(2));
    const again = await startProcess({ OTP_DATA_DIR: dataDir, OTP_MASTER_KEYS: right });
    await again.end();
  });

  it('when the certificate cannot be read, or is none', async () => {
    const key = join(folder, 'key.pem');
    await writeFile(key, 'no key');
    const paths = { OTP_TLS_CERT: join(folder, 'missing.pem'), OTP_TLS_KEY: key };
    const missing = await refusal(paths, WRONG_CONFIGURATION);
    expect(missing).toContain('missing.pem');
    expect(missing).toContain('OTP_TLS_CERT');
    const noPem = { OTP_TLS_CERT: key, OTP_TLS_KEY: key };
    expect(await refusal(noPem, WRONG_CONFIGURATION)).toContain('OTP_TLS_CERT');
  });

  it('on a port that is taken, and a first start there shows its keys to no other process', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { readonly port: number };
    const said = await refusal({ PORT: `${port}` });
    expect(said).toContain(`${port}`);
    expect(said).toContain('PORT');
    taken.close();
    // No key has been shown yet, so the next start shows some.
    const next = await startProcess({ OTP_DATA_DIR: dataDir });
    expect(next.output()).toContain('sk_otp_live_');
    await next.end();
  });
});

describe('the first start', () => {
  let service: ServiceProcess;
  let output: string;
  beforeEach(async () => {
    service = await startProcess({ OTP_DATA_DIR: dataDir });
    output = service.output();
  });
  afterEach(() => service.end());

  const keyIn = (text: string, mode: string) => new RegExp(`sk_otp_${mode}_[\\w-]{43}`).exec(text)?.[0];

  it('prints a live and a test key that work, and the next start prints none', async () => {
    for (const mode of ['live', 'test']) {
      const call = connectJson(service.baseUrl, keyIn(output, mode));
      const { status, body } = await call('otp.v1.OtpService/Send', {
        recipients: { email: 'you@example.com' },
      });
      expect({ status, sandbox: body.session.sandbox ?? false }).toEqual({
        status: 200,
        sandbox: mode === 'test',
      });
    }
    await service.end();
    service = await startProcess({ OTP_DATA_DIR: dataDir });
    expect(service.output()).not.toContain('sk_otp_');
    // The inbox's link stays the same, so that a bookmark does.
    expect(inboxTokenIn(service.output())).toBe(inboxTokenIn(output));
    expect(service.output()).toMatch(/API keys are shown once.*\n.*OTP_BOOTSTRAP_API_KEY/);
    const call = connectJson(service.baseUrl, keyIn(output, 'live'));
    expect((await call('otp.v1.OtpService/ListSessions', {})).body.sessions).toHaveLength(2);
  });

  it.skipIf(process.platform === 'win32')(
    'prints three commands that, pasted into a shell, send a code, read it and verify it',
    async () => {
      const commands = output.split('\n').filter((line) => /^(KEY=|CODE=|curl )/.test(line));
      expect(commands).toHaveLength(3);
      // The mail is on its way while the second one is pasted, however busy the machine.
      const arrives = `until curl -s -H "Authorization: Bearer ${inboxTokenIn(output)}" ${service.baseUrl}/inbox.json | grep -q session_id; do sleep 0.05; done`;
      const { stdout } = await run('bash', ['-c', commands.toSpliced(1, 0, arrives).join('\n')]);
      const [sessionId, code, response] = stdout.trim().split('\n');
      expect(sessionId).toMatch(/^[0-9a-f-]{36}$/);
      expect(code).toMatch(/^\d{6}$/);
      expect(JSON.parse(response!)).toMatchObject({
        session: { id: sessionId, status: 'SESSION_STATUS_APPROVED' },
        verificationToken: expect.stringMatching(/^otvt_/),
      });
    },
  );

  it.skipIf(process.platform === 'win32')('makes secrets that only their owner can read', async () => {
    const mode = async (...path: string[]) => ((await stat(join(dataDir, ...path))).mode & 0o777).toString(8);
    expect(await mode()).toBe('700');
    expect(await mode('master.keys')).toBe('600');
    expect(await mode('inbox.token')).toBe('600');
    expect(await mode('countersign.db')).toBe('600');
  });
});

describe('OTP_BOOTSTRAP_API_KEY', () => {
  const KEY = randomBytes(24).toString('base64url');
  let service: ServiceProcess;
  afterAll(() => service?.end());

  it('is a key with every scope from the first start on, and no other is made', async () => {
    service = await startProcess({ OTP_DATA_DIR: dataDir, OTP_BOOTSTRAP_API_KEY: KEY });
    expect(service.output()).not.toContain('sk_otp_');
    expect(service.output()).not.toContain('API keys are shown once');
    expect(service.output()).not.toContain(KEY);
    const call = connectJson(service.baseUrl, KEY);
    for (const method of [
      'otp.v1.OtpService/ListSessions',
      'otp.admin.v1.ApiKeyService/ListApiKeys',
      'otp.admin.v1.WorkspaceService/ListWorkspaces',
    ]) {
      expect((await call(method, {})).status, method).toBe(200);
    }
    const { body } = await call('otp.admin.v1.ApiKeyService/ListApiKeys', {});
    expect(body.apiKeys).toHaveLength(1);
    const { status } = await call('otp.v1.OtpService/Send', { recipients: { email: 'you@example.com' } });
    expect(status).toBe(200);
    await service.end();
    service = await startProcess({ OTP_DATA_DIR: dataDir, OTP_BOOTSTRAP_API_KEY: KEY });
    expect((await connectJson(service.baseUrl, KEY)('otp.v1.OtpService/ListSessions', {})).status).toBe(200);
  });
});
