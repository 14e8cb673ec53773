import { expect, it } from 'vitest';
import { createApiKeys } from '../../../../server/admin/keys/apiKeys.js';
import type { StoredKey } from '../../../../server/admin/keys/stored.js';
import { SCOPES } from '../../../../server/domain/principal.js';
import { eachEngine } from '../../../support/engines.js';
import { ManualClock } from '../../../support/manualClock.js';
import { seededRandom } from '../../../support/seededRandom.js';
import { wrapOperations } from '../../../support/wrapOperations.js';

eachEngine((engine) => {
  const setUp = async () => {
    const clock = new ManualClock();
    const documents = await engine.open();
    const counts = { looked: 0 };
    const counted = wrapOperations(documents, (operation) => {
      counts.looked++;
      return operation();
    });
    let ids = 0;
    const keys = createApiKeys(counted, clock, seededRandom('keys'), () => `id-${ids++}`);
    return { clock, counts, keys, stored: documents.collection<StoredKey>('keys') };
  };

  it('a key of a wrong form is refused without the store', async () => {
    const { counts, keys } = await setUp();
    for (const secret of [
      '',
      'short',
      'x'.repeat(600),
      `${'a'.repeat(40)}\u0000`,
      'é'.repeat(40),
      ' '.repeat(40),
    ])
      expect(await keys.authenticate(secret)).toBeUndefined();
    expect(counts.looked).toBe(0);
  });

  it('an unknown key is looked up once in five seconds', async () => {
    const { clock, counts, keys } = await setUp();
    const unknown = 'unknown-key-of-the-right-form-000000';
    for (let n = 0; n < 10; n++) expect(await keys.authenticate(unknown)).toBeUndefined();
    expect(counts.looked).toBe(1);
    clock.advance(5_000);
    await keys.authenticate(unknown);
    expect(counts.looked).toBe(2);
  });

  it('the key that must exist is restored, but not once it was revoked', async () => {
    const { clock, keys, stored } = await setUp();
    const secret = 'the-bootstrap-key-of-an-installation';
    const spec = { workspace: 'default', mode: 'live', displayName: 'bootstrap', scopes: SCOPES } as const;
    expect(await keys.authenticate(secret)).toBeUndefined();
    expect(await keys.ensure(secret, spec)).toBe('made');
    expect(await keys.authenticate(secret)).toBeDefined();
    expect(await keys.ensure(secret, spec)).toBe('present');

    const { _id } = (await stored.findOne({ listedAs: 'default/id-0' }))!;
    const losses = [{ scopes: ['otp.send'] }, { expiresAt: new Date(clock.now()) }, { readOnly: true }];
    for (const $set of losses) {
      await stored.findOneAndUpdate({ _id }, { $set });
      expect(await keys.ensure(secret, spec)).toBe('restored');
      const principal = await keys.authenticate(secret);
      for (const scope of SCOPES) expect(principal?.scopes).toContain(scope);
      expect(principal?.readOnly).toBeUndefined();
    }

    await keys.revoke(_id);
    expect(await keys.ensure(secret, spec)).toBe('revoked');
    expect(await keys.authenticate(secret)).toBeUndefined();
  });
});
