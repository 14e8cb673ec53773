import { pino } from 'pino';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { secret } from '../../../../server/config/setting.js';
import { settingGroup } from '../../../../server/config/settingGroup.js';
import { createAccounts } from '../../../../server/delivery/accounts/accounts.js';
import {
  accountId,
  accountSecretPlace,
  type StoredAccount,
} from '../../../../server/delivery/accounts/stored.js';
import { defineVendor } from '../../../../server/delivery/vendors/vendor.js';
import { systemRandom } from '../../../../server/platform/random.js';
import { createEncryption } from '../../../../server/secrets/encryption.js';
import { eachEngine } from '../../../support/engines.js';
import { fixedKeys } from '../../../support/fixedKeys.js';
import { ManualClock } from '../../../support/manualClock.js';

eachEngine((engine) => {
  /** Accounts with a vendor that notes with which token it is opened and closed. */
  async function opened() {
    const noted: string[] = [];
    const pigeon = defineVendor({
      name: 'pigeon',
      channels: ['sms'],
      settings: settingGroup({
        title: 'Pigeon',
        settings: { token: secret('PIGEON_TOKEN', z.string(), '') },
      }),
      guide: '',
      create: async ({ token }) => {
        noted.push(`open ${token}`);
        return {
          name: 'pigeon',
          channels: ['sms'],
          timeoutMs: 1_000,
          send: async () => ({ kind: 'accepted' }),
          close: async () => void noted.push(`close ${token}`),
        };
      },
    });
    const deleted: string[] = [];
    const clock = new ManualClock();
    const documents = await engine.open({ clock });
    const encryption = createEncryption(fixedKeys('one'), systemRandom);
    const accounts = createAccounts({
      vendors: [pigeon],
      documents,
      encryption,
      publicUrl: undefined,
      deleted: (key) => void deleted.push(key),
      newId: () => 'id',
      random: systemRandom,
      clock,
      log: pino({ level: 'silent' }),
    });
    const stored = documents.collection<StoredAccount>('providerAccounts');
    const sealed = (_id: string, token: string) => [
      { name: 'token', sealed: encryption.seal(accountSecretPlace(_id, 'token'), token) },
    ];
    const add = (name: string, token: string, more: Partial<StoredAccount> = {}) => {
      const _id = accountId('acme', name);
      const at = new Date(clock.now());
      const dates = { createdAt: at, updatedAt: at };
      const secrets = sealed(_id, token);
      return stored.insertOne({
        _id,
        kind: 'pigeon',
        settings: {},
        secrets,
        version: '1',
        ...dates,
        ...more,
      });
    };
    return { accounts, add, stored, sealed, noted, deleted, clock, documents };
  }

  it('opens an account once, again when it has changed, and closes what is out of date or deleted', async () => {
    const { accounts, add, stored, sealed, noted, deleted, clock, documents } = await opened();
    await add('one', 'a');
    await add('two', 'b');
    await accounts.of('acme');
    clock.advance(6_000);
    await accounts.of('acme');
    expect(noted).toEqual(['open a', 'open b']);
    const _id = accountId('acme', 'one');
    await stored.findOneAndUpdate({ _id }, { $set: { secrets: sealed(_id, 'c'), version: '2' } });
    await stored.deleteOne({ _id: accountId('acme', 'two') });
    accounts.forget('acme');
    expect((await accounts.of('acme')).map(({ name }) => name)).toEqual(['one']);
    expect(deleted).toEqual([accountId('acme', 'two')]);
    // Messages that were given to the others have time to end.
    expect(noted.slice(2)).toEqual(['open c']);
    clock.advance(12_000);
    expect(noted.slice(3).sort()).toEqual(['close a', 'close b']);
    await accounts.close();
    expect(noted.at(-1)).toBe('close c');
    await documents.close();
  });

  it('closes what no message has used for ten minutes', async () => {
    const { accounts, add, noted, clock, documents } = await opened();
    await add('one', 'a');
    await accounts.of('acme');
    clock.advance(11 * 60_000);
    await accounts.of('globex');
    clock.advance(12_000);
    expect(noted).toEqual(['open a', 'close a']);
    expect(await accounts.of('acme')).toHaveLength(1);
    await accounts.close();
    await documents.close();
  });

  it('leaves the others usable where one cannot be opened, and tries it again', async () => {
    const { accounts, add, stored, sealed, documents } = await opened();
    await add('broken', 'a', { secrets: [{ name: 'token', sealed: 'v1.lost.AAAA' }] });
    await add('unknown', 'b', { kind: 'no-vendor-of-this-release' });
    await add('whole', 'c');
    expect((await accounts.of('acme')).map(({ name }) => name)).toEqual(['whole']);
    const _id = accountId('acme', 'broken');
    await stored.findOneAndUpdate({ _id }, { $set: { secrets: sealed(_id, 'a') } });
    accounts.forget('acme');
    expect((await accounts.of('acme')).map(({ name }) => name)).toEqual(['broken', 'whole']);
    await accounts.close();
    await documents.close();
  });
});
