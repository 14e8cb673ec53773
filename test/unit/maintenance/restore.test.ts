import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backUp } from '../../../server/maintenance/backUp.js';
import { closeOpen } from '../../../server/maintenance/closeOpen.js';
import { restore } from '../../../server/maintenance/restore.js';
import { systemClock } from '../../../server/platform/clock.js';
import { systemRandom } from '../../../server/platform/random.js';
import { masterKeysOfFolder } from '../../../server/secrets/keyring/masterKeyFile.js';
import { connectJson } from '../../support/connectJson.js';
import { onMongodb } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { startService } from '../../support/service.js';
import { type ServiceProcess, startProcess } from '../../support/serviceProcess.js';
import { dumpOf, restoreDump } from './support/dump.js';
import { silent } from './support/silent.js';

const KEY = 'sk_otp_live_restored_restored_restored_restored';
const deps = { clock: systemClock, random: systemRandom, progress: silent };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-restore-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const env = (dataDir: string) => ({ OTP_DATA_DIR: dataDir, OTP_BOOTSTRAP_API_KEY: KEY, OTP_HASH: 'hmac' });

/** A service in a process of its own, whose end lets go of the store's file. */
async function start(dataDir: string): Promise<Running> {
  const { baseUrl, inbox, end } = await startProcess(env(dataDir));
  return { baseUrl, inbox, stop: end };
}

interface Running extends Pick<ServiceProcess, 'baseUrl' | 'inbox'> {
  stop(): Promise<unknown>;
}

async function codeFor(service: Running, recipient: string): Promise<string> {
  const text = await eventually(async () => {
    return (await service.inbox()).find(({ to }) => to === recipient)?.text;
  });
  return /\d{6}/.exec(text)![0];
}

/** An approved session with its token and an open one with its code. */
async function openSessions(service: Running) {
  const call = connectJson(service.baseUrl, KEY);
  const send = async (email: string, more = {}) => {
    const { body } = await call('otp.v1.OtpService/Send', { recipients: { email }, ...more });
    const id = body.session.id as string;
    return { id, code: await codeFor(service, email) };
  };
  const approved = await send('one@example.com', { operation: { type: 'payment', id: '1' } });
  const { body } = await call('otp.v1.OtpService/Verify', { sessionId: approved.id, code: approved.code });
  const open = await send('two@example.com', { requestId: 'r-1' });
  return { token: body.verificationToken as string, open };
}

/** What the use of both ends with. */
async function use(service: Running, { token, open }: Awaited<ReturnType<typeof openSessions>>) {
  const call = connectJson(service.baseUrl, KEY);
  const reason = (response: { status: number; body: { details?: { debug: { reason: string } }[] } }) =>
    response.status === 200 ? 'OK' : response.body.details?.[0]?.debug.reason;
  const operation = { type: 'payment', id: '1' };
  const redeemed = await call('otp.v1.VerificationTokenService/Redeem', {
    verificationToken: token,
    operation,
  });
  const verified = await call('otp.v1.OtpService/Verify', { sessionId: open.id, code: open.code });
  return [reason(redeemed), reason(verified)];
}

async function backedUp() {
  const dataDir = await mkdtemp(join(folder, 'data-'));
  const service = await start(dataDir);
  const sessions = await openSessions(service);
  const backup = `${dataDir}.db`;
  await backUp(dataDir, backup, Date.now());
  return {
    dataDir,
    service,
    sessions,
    backup,
    masters: await masterKeysOfFolder({ folder: dataDir, random: systemRandom, isNeeded: async () => false }),
  };
}

describe('a restored embedded store', () => {
  it('redeems no token and accepts no code a second time', async () => {
    const { dataDir, service, sessions, backup, masters } = await backedUp();
    expect(await use(service, sessions)).toEqual(['OK', 'OK']);
    await service.stop();
    const result = await restore(deps, { backup, folder: dataDir, masters, replace: true });
    expect(result).toMatchObject({ canceled: 1, redeemed: 1 });
    const again = await start(dataDir);
    expect(await use(again, sessions)).toEqual(['TOKEN_REDEEMED', 'SESSION_CANCELED']);
    const call = connectJson(again.baseUrl, KEY);
    // The request of before the backup is another one now.
    const sent = await call('otp.v1.OtpService/Send', {
      recipients: { email: 'two@example.com' },
      requestId: 'r-1',
    });
    expect(sent.body.session).toMatchObject({ status: 'SESSION_STATUS_PENDING' });
    expect(sent.body.session.id).not.toBe(sessions.open.id);
    const { body } = await call('otp.admin.v1.AuditService/ListAuditEntries', {});
    expect(body.entries).toContainEqual(
      expect.objectContaining({ actor: 'command line', method: 'restore' }),
    );
    await again.stop();
    expect(await readdir(dataDir)).not.toContain('restoring');
    expect((await readdir(dataDir)).filter((name) => name.includes('before-restore'))).toHaveLength(1);
  });

  it('refuses the API keys that were revoked since the backup', async () => {
    const { dataDir, service, backup, masters } = await backedUp();
    const call = connectJson(service.baseUrl, KEY);
    const apiKey = { displayName: 'lost', scopes: ['sessions.read'], mode: 'MODE_LIVE' };
    const { body: made } = await call('otp.admin.v1.ApiKeyService/CreateApiKey', { apiKey });
    const later = `${backup}.2`;
    await backUp(dataDir, later, Date.now());
    await call('otp.admin.v1.ApiKeyService/DeleteApiKey', { id: made.apiKey.id });
    await service.stop();
    const result = await restore(deps, { backup: later, folder: dataDir, masters, replace: true });
    expect(result).toMatchObject({ revoked: 1, knowsRevoked: true });
    const again = await start(dataDir);
    const lost = connectJson(again.baseUrl, made.secret);
    expect((await lost('otp.v1.OtpService/ListSessions', {})).status).toBe(401);
    await again.stop();
    await rm(join(dataDir, 'revoked.log'));
    expect(await restore(deps, { backup, folder: dataDir, masters, replace: true })).toMatchObject({
      revoked: 0,
      knowsRevoked: false,
    });
  });

  it('is refused while a process has the store open, and leaves it as it was', async () => {
    const { dataDir, service, sessions, backup, masters } = await backedUp();
    await expect(restore(deps, { backup, folder: dataDir, masters, replace: true })).rejects.toThrow(
      'is in use',
    );
    expect(await use(service, sessions)).toEqual(['OK', 'OK']);
    await service.stop();
  });

  it('replaces a store only if that is asked for, and never with a backup that cannot be used', async () => {
    const { dataDir, service, backup, masters } = await backedUp();
    await service.stop();
    const before = await readdir(dataDir);
    await expect(restore(deps, { backup, folder: dataDir, masters, replace: false })).rejects.toThrow(
      '--replace',
    );
    await expect(
      restore(deps, { backup, folder: dataDir, masters: undefined, replace: true }),
    ).rejects.toThrow('master keys');
    expect(await readdir(dataDir)).toEqual(before);
  });

  it('fills an empty folder, given the master keys', async () => {
    const { service, sessions, backup, masters, dataDir } = await backedUp();
    await service.stop();
    const target = join(folder, 'elsewhere');
    await restore(deps, { backup, folder: target, masters, replace: false });
    const { copyFile } = await import('node:fs/promises');
    await copyFile(join(dataDir, 'master.keys'), join(target, 'master.keys'));
    const again = await start(target);
    expect(await use(again, sessions)).toEqual(['TOKEN_REDEEMED', 'SESSION_CANCELED']);
    await again.stop();
  });
});

onMongodb((engine) => {
  it('a restored database redeems no token and accepts no code a second time once it is closed', async () => {
    const store = await engine.newStore();
    const dataDir = await mkdtemp(join(folder, 'mongo-'));
    const service = await startService({
      clock: systemClock,
      env: env(dataDir),
      documents: await store.open(),
    });
    const sessions = await openSessions(service);
    const dump = await dumpOf(service.documents);
    expect(await use(service, sessions)).toEqual(['OK', 'OK']);
    await service.stop();
    const documents = await store.open();
    await restoreDump(documents, dump);
    const closed = await closeOpen({ ...deps, documents }, { backupAt: undefined, revoked: [] });
    expect(closed).toEqual({ canceled: 1, redeemed: 1, revoked: 0 });
    expect(await closeOpen({ ...deps, documents }, { backupAt: undefined, revoked: [] })).toMatchObject({
      canceled: 0,
      redeemed: 0,
    });
    const again = await startService({ clock: systemClock, env: env(dataDir), documents });
    expect(await use(again, sessions)).toEqual(['TOKEN_REDEEMED', 'SESSION_CANCELED']);
    await again.stop();
  });
});
