import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { StoredAccount } from '../../../server/delivery/accounts/stored.js';
import { backUp } from '../../../server/maintenance/backUp.js';
import { closeOpen } from '../../../server/maintenance/closeOpen.js';
import { restore } from '../../../server/maintenance/restore.js';
import { systemClock } from '../../../server/platform/clock.js';
import { systemRandom } from '../../../server/platform/random.js';
import { existingMasterKeys } from '../../../server/secrets/keyring/masterKeyFile.js';
import { newMasterKeyEntry, parseMasterKeys } from '../../../server/secrets/keyring/masterKeys.js';
import { connectJson } from '../../support/connectJson.js';
import { eachEngine, onMongodb } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { startService } from '../../support/service.js';
import { refusedStart, startProcess } from '../../support/serviceProcess.js';
import { startTwilio, type Twilio, twilioAccount } from '../delivery/accounts/support.js';
import { dumpOf, restoreDump } from './support/dump.js';
import { silent } from './support/silent.js';

const KEY = 'sk_otp_live_restored_restored_restored_restored';
const TOKEN = 'the-token-of-the-account';
const PROVIDERS = 'otp.admin.v1.ProviderService';
const deps = { clock: systemClock, random: systemRandom, progress: silent };

let folder: string;
let twilio: Twilio;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-restored-accounts-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  twilio = await startTwilio();
  twilio.tokens.add(TOKEN);
});
afterEach(() => twilio.close());

const env = (dataDir: string) => ({ OTP_DATA_DIR: dataDir, OTP_BOOTSTRAP_API_KEY: KEY, OTP_HASH: 'hmac' });
const newFolder = () => mkdtemp(join(folder, 'data-'));

/** An account, what it can do, and how it is lost. */
function accountAt(baseUrl: string) {
  const call = connectJson(baseUrl, KEY);
  async function ask(method: string, message: object) {
    const { status, body } = await call(method, message);
    expect(status, `${method} ${JSON.stringify(body)}`).toBe(200);
    return body;
  }
  const route = (providers: string[]) =>
    ask('otp.admin.v1.WorkspaceService/UpdateWorkspace', {
      workspace: { routes: providers.length > 0 ? [{ channel: 'CHANNEL_SMS', providers }] : [] },
      updateMask: 'routes',
    });
  return {
    call,
    ask,
    route,
    async add() {
      const providerAccount = twilioAccount(twilio, 'own', TOKEN);
      await ask(`${PROVIDERS}/CreateProviderAccount`, { providerAccount });
      await route(['own']);
    },
    async remove() {
      await route([]);
      await ask(`${PROVIDERS}/DeleteProviderAccount`, { name: 'own' });
    },
    /** It is listed, opens, and delivers what is routed to it. */
    async expectWorking() {
      const { providerAccounts } = await ask(`${PROVIDERS}/ListProviderAccounts`, {});
      expect(providerAccounts).toMatchObject([
        { name: 'own', kind: 'twilio', settings: { url: twilio.url, from: '+15005550006' } },
      ]);
      expect(await ask(`${PROVIDERS}/TestProvider`, { provider: 'own' })).toMatchObject({ passed: true });
      const before = twilio.received.length;
      await ask('otp.v1.OtpService/Send', { recipients: { sms: '+573005557001' } });
      const { user } = await eventually(() => twilio.received[before]);
      expect(user).toBe(`AC${'1'.repeat(32)}:${TOKEN}`);
    },
  };
}

describe('a backup of the embedded store with a provider account', () => {
  async function backedUp() {
    const dataDir = await newFolder();
    const service = await startProcess(env(dataDir));
    const account = accountAt(service.baseUrl);
    await account.add();
    await account.expectWorking();
    const backup = `${dataDir}.db`;
    await backUp(dataDir, backup, Date.now());
    await account.remove();
    await service.end();
    const masters = await existingMasterKeys(dataDir);
    return { dataDir, backup, masters: masters! };
  }

  it('has the account again when it is restored, with secrets that open, and delivers through it', async () => {
    const { dataDir, backup, masters } = await backedUp();
    const elsewhere = await newFolder();
    await restore(deps, { backup, folder: dataDir, masters, replace: true });
    await restore(deps, { backup, folder: elsewhere, masters, replace: false });
    await copyFile(join(dataDir, 'master.keys'), join(elsewhere, 'master.keys'));
    for (const restored of [dataDir, elsewhere]) {
      const service = await startProcess(env(restored));
      await accountAt(service.baseUrl).expectWorking();
      await service.end();
    }
  });

  it('is refused with other master keys, and so is a start with them; both say which key is missing', async () => {
    const { backup, masters } = await backedUp();
    const target = await newFolder();
    const entry = newMasterKeyEntry(systemRandom);
    const other = parseMasterKeys(entry);
    const sameId = parseMasterKeys(entry.replace(/^[^:]+/, masters[0].id));
    const restoring = { backup, folder: target, replace: false };
    await expect(restore(deps, { ...restoring, masters: other })).rejects.toThrow(
      `is wrapped by master key "${masters[0].id}", which is missing`,
    );
    await expect(restore(deps, { ...restoring, masters: sameId })).rejects.toThrow(
      `does not open with master key "${masters[0].id}"`,
    );
    await restore(deps, { ...restoring, masters });
    const { code, complaints } = await refusedStart({ ...env(target), OTP_MASTER_KEYS: entry });
    expect(code).not.toBe(0);
    expect(complaints).toContain(`is wrapped by master key "${masters[0].id}", which is missing`);
  });
});

onMongodb((engine) => {
  it('a restored database has its provider accounts again, and delivers through them', async () => {
    const store = await engine.newStore();
    const dataDir = await newFolder();
    const start = async () =>
      startService({ clock: systemClock, env: env(dataDir), documents: await store.open() });
    const service = await start();
    const account = accountAt(service.baseUrl);
    await account.add();
    const dump = await dumpOf(service.documents);
    await account.remove();
    await service.stop();
    const documents = await store.open();
    await restoreDump(documents, dump);
    await closeOpen({ ...deps, documents }, { backupAt: undefined, revoked: [] });
    const again = await start();
    onTestFinished(() => again.stop());
    await accountAt(again.baseUrl).expectWorking();
  });
});

eachEngine((engine) => {
  it('an account that is restored without its key ring says so, and works once its secrets are set again', async () => {
    const start = async () => {
      const documents = await (await engine.newStore()).open();
      const service = await startService({ clock: systemClock, env: env(await newFolder()), documents });
      onTestFinished(() => service.stop());
      return service;
    };
    const [from, to] = [await start(), await start()];
    await accountAt(from.baseUrl).add();
    const stored = await from.documents.collection<StoredAccount>('providerAccounts').find({}).toArray();
    for (const one of stored) await to.documents.collection('providerAccounts').insertOne(one);

    const { call, ask, route, expectWorking } = accountAt(to.baseUrl);
    const tested = await call(`${PROVIDERS}/TestProvider`, { provider: 'own' });
    expect(tested).toMatchObject({ status: 400, body: { code: 'invalid_argument' } });
    expect(tested.body.message).toContain('secrets open with the key ring');
    const sent = await call(`${PROVIDERS}/SendTestMessage`, {
      channel: 'CHANNEL_SMS',
      provider: 'own',
      recipient: '+573005557001',
    });
    expect(sent.body.message).toBe(tested.body.message);
    expect(to.logged()).toContain('is sealed with key');
    expect(to.logged()).not.toContain(TOKEN);
    expect(twilio.received).toEqual([]);

    await ask(`${PROVIDERS}/UpdateProviderAccount`, {
      providerAccount: { name: 'own', secrets: { auth_token: TOKEN } },
      updateMask: 'secrets',
    });
    await route(['own']);
    await expectWorking();
  });
});
